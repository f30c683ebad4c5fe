package bench

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	want := []Result{
		{Test: Test{Prompt: 64, Seqs: 1}, Threads: 2, Rate: 171.5},
		{Test: Test{Gen: 16, Depth: 32, Seqs: 1}, Threads: 2, Rate: 34.25},
	}
	for _, c := range []struct{ name, out string }{
		{"json", `[ {"n_prompt": 64, "n_gen": 0, "n_depth": 0, "n_threads": 2, "avg_ts": 171.5},
  {"n_prompt": 0, "n_gen": 16, "n_depth": 32, "n_threads": 2, "avg_ts": 34.25} ]`},
		{"json with a name, after other lines", "[info] loading\nggml: {}\n" + `[
  {"test": "pp64", "n_prompt": 64, "n_threads": 2, "avg_ts": 171.500000},
  {"test": "tg16@pp32", "n_gen": 16, "n_prompt": 32, "n_threads": 2, "avg_ts": 34.250000}
]`},
		{"a row of another kind between them", `{"test": "pp64", "n_threads": 2, "avg_ts": 171.5}
{"test": "load", "n_threads": 2, "avg_ts": 1}
{"test": "tg16  @ d32", "n_threads": 2, "avg_ts": 34.25}
`},
		{"jsonl", `{"n_prompt": 64, "n_gen": 0, "n_threads": 2, "avg_ts": 171.5}
{"n_prompt": 0, "n_gen": 16, "n_depth": 32, "n_threads": 2, "avg_ts": 34.25}
`},
		{"csv", "build,cpu_info,n_threads,n_prompt,n_gen,n_depth,avg_ts\n\"1\",\"a, \"\"b\"\"\",\"2\",\"64\",\"0\",\"0\",\"171.5\"\n\"1\",\"a\",\"2\",\"0\",\"16\",\"32\",\"34.25\"\n"},
		{"md", `warning: debug build
| model | size | params | backend | threads | test | t/s |
| ----- | ---: | -----: | ------- | ------: | ---: | --: |
| llama 1B Q4_0 | 590.41 MiB | 1.10 B | CPU | 2 | pp64 | 171.50 ± 0.95 |
| llama 1B Q4_0 | 590.41 MiB | 1.10 B | CPU | 2 | tg16 @ d32 | 34.25 ± 0.05 |

build: 8337e4cd3 (4840)
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse([]byte(c.out))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	for _, out := range []string{"", "[]", "{}", "usage: llama-bench", "[{\"avg_ts\": 0, \"test\": \"pp1\"}]", "avg_ts\n\"", strings.Repeat("[", 100), "| a |\n| b |"} {
		if got, err := Parse([]byte(out)); err == nil {
			t.Errorf("%q: got %v", out, got)
		}
	}
}

// TestParseSamples reads what chord bench --limits prints of one row.
func TestParseSamples(t *testing.T) {
	want := []Result{{Test{Gen: 8, Seqs: 4}, 1, 45, []float64{40, 50}, []float64{0.5, 0.625}}}
	for _, c := range []struct {
		name, out string
		want      []Result
	}{
		{"json", `[{"n_threads": 1, "n_gen": 8, "n_seqs": 4, "test": "tg8 x4", "avg_ts": 45, "samples_ts": [40,50], "samples_share": [0.5,0.625]}]`, want},
		{"csv", "n_threads,test,avg_ts,samples_ts,samples_share\n1,tg8 x4,45,40 50,0.5 0.625\n", want},
		{"no numbers", `{"test": "tg8 x4", "n_threads": 1, "avg_ts": 45, "samples_ts": [40, null]}`, []Result{{Test{Gen: 8, Seqs: 4}, 1, 45, nil, nil}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse([]byte(c.out))
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	if got := want[0].Rates(); !reflect.DeepEqual(got, []float64{40, 50}) {
		t.Errorf("rates: got %g", got)
	}
	if got := (Result{Rate: 3}).Rates(); !reflect.DeepEqual(got, []float64{3}) {
		t.Errorf("rates without samples: got %g", got)
	}
}

// FuzzParse wants no panic, whatever a program prints, and rows that are whole.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`[{"n_prompt": 64, "n_threads": 2, "avg_ts": 171.5}]`))
	f.Add([]byte("n_prompt,avg_ts\n1,2\n"))
	f.Add([]byte("| test | t/s |\n|-|-|\n| pp1 | 2 ± 1 |\n"))
	f.Fuzz(func(t *testing.T, out []byte) {
		rs, err := Parse(out)
		if (err == nil) != (len(rs) > 0) {
			t.Errorf("got %v, %v", rs, err)
		}
		for _, r := range rs {
			if back, err := ParseTest(r.Test.Name()); err != nil || back != r.Test || !(r.Rate > 0) {
				t.Errorf("got %v", r)
			}
		}
	})
}
