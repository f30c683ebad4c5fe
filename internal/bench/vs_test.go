package bench

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitWords(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{`llama-bench -m a.gguf  -r 1`, []string{"llama-bench", "-m", "a.gguf", "-r", "1"}},
		{`a 'b c' "d e"f ''`, []string{"a", "b c", "d ef", ""}},
		{`C:\bin\x.exe "it's"`, []string{`C:\bin\x.exe`, "it's"}},
		{`a 'b`, nil},
		{"  ", nil},
	} {
		got, err := splitWords(c.in)
		if !cmp.Equal(got, c.want) || (err == nil) != (c.want != nil) {
			t.Errorf("%s: got %q, %v", c.in, got, err)
		}
	}
}

func TestParseResults(t *testing.T) {
	want := []result{{"pp64", 2, 171.5}, {"tg16 @ d32", 2, 34.25}}
	for _, c := range []struct{ name, out string }{
		{"json", `[ {"n_prompt": 64, "n_gen": 0, "n_depth": 0, "n_threads": 2, "avg_ts": 171.5, "samples_ts": [ 171.5 ]},
  {"n_prompt": 0, "n_gen": 16, "n_depth": 32, "n_threads": 2, "avg_ts": 34.25} ]`},
		{"json with a name, after other lines", "[info] loading\nggml: {}\n" + `[
  {"test": "pp64", "n_prompt": 64, "n_threads": 2, "avg_ts": 171.500000},
  {"test": "tg16  @ d32", "n_gen": 16, "n_prompt": 32, "n_threads": 2, "avg_ts": 34.250000}
]`},
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
			got, err := parseResults([]byte(c.out))
			if err != nil || !cmp.Equal(got, want, cmp.AllowUnexported(result{})) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	for _, out := range []string{"", "[]", "{}", "usage: llama-bench", "[{\"avg_ts\": 0, \"test\": \"pp1\"}]", "avg_ts\n\"", strings.Repeat("[", 100), "| a |\n| b |"} {
		if got, err := parseResults([]byte(out)); err == nil {
			t.Errorf("%q: got %v", out, got)
		}
	}
}

// FuzzParseResults wants no panic, whatever a program prints.
func FuzzParseResults(f *testing.F) {
	f.Add([]byte(`[{"n_prompt": 64, "n_threads": 2, "avg_ts": 171.5}]`))
	f.Add([]byte("n_prompt,avg_ts\n1,2\n"))
	f.Add([]byte("| test | t/s |\n|-|-|\n| pp1 | 2 ± 1 |\n"))
	f.Fuzz(func(t *testing.T, out []byte) {
		rs, err := parseResults(out)
		if (err == nil) != (len(rs) > 0) {
			t.Errorf("got %v, %v", rs, err)
		}
		for _, r := range rs {
			if r.test == "" || !(r.rate > 0) {
				t.Errorf("got %v", r)
			}
		}
	})
}
