package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestRows(t *testing.T) {
	for _, c := range []struct{ name, args, in, want string }{
		{"chord", "-model m -type Q4_0",
			`[{"n_threads": 2, "test": "tg128", "avg_ts": 50, "samples_ts": [50], "samples_share": [0.8]},
			  {"n_threads": 1, "test": "tg128 @ d1024", "avg_ts": 41, "samples_ts": [40,42]},
			  {"n_threads": 1, "test": "tg128 x8", "avg_ts": 200, "samples_ts": [200]}]`,
			"BenchmarkModel/model=m/type=Q4_0/test=tg128/threads=2/engine=chord 1 50.00 tok/s\n" +
				"BenchmarkModel/model=m/type=Q4_0/test=tg128/threads=2/engine=limit 1 62.50 tok/s\n" +
				"BenchmarkModel/model=m/type=Q4_0/test=tg128@d1024/threads=1/engine=chord 1 40.00 tok/s\n" +
				"BenchmarkModel/model=m/type=Q4_0/test=tg128@d1024/threads=1/engine=chord 1 42.00 tok/s\n"},
		{"llama-bench", "-model m -type Q8_0 -engine llama.cpp",
			`[{"n_prompt":512,"n_gen":0,"n_threads":2,"avg_ts":130.75,"samples_ts":[130.5,131]},{"n_prompt":0,"n_gen":128,"n_depth":1024,"n_threads":1,"avg_ts":30,"samples_ts":[30]}]`,
			"BenchmarkModel/model=m/type=Q8_0/test=pp512/threads=2/engine=llama.cpp 1 130.50 tok/s\n" +
				"BenchmarkModel/model=m/type=Q8_0/test=pp512/threads=2/engine=llama.cpp 1 131.00 tok/s\n" +
				"BenchmarkModel/model=m/type=Q8_0/test=tg128@d1024/threads=1/engine=llama.cpp 1 30.00 tok/s\n"},
		{"ik_llama.cpp at depth", "-model m -type Q8_0 -engine ik_llama.cpp",
			`[{"test":"tg32@pp1024","n_prompt":1024,"n_gen":32,"n_threads":1,"avg_ts":30}]`,
			"BenchmarkModel/model=m/type=Q8_0/test=tg32@d1024/threads=1/engine=ik_llama.cpp 1 30.00 tok/s\n"},
		{"nothing", "-model m -type Q8_0", "", ""},
		{"no JSON", "-model m -type Q8_0", "[{", ""},
		{"no threads", "-model m -type Q8_0", `[{"test": "tg1", "avg_ts": 2}]`, ""},
		{"no model", "-type Q8_0", "", ""},
		{"two words", "-model=a/b -type Q8_0", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			err := rowsCommand(strings.Fields(c.args), strings.NewReader(c.in), &out, new(bytes.Buffer))
			if (err == nil) != (c.want != "") {
				t.Errorf("got error %v", err)
			}
			if out.String() != c.want {
				t.Errorf("got\n%swant\n%s", &out, c.want)
			}
		})
	}
}

// TestHeader reads back what benchgate header writes above a row.
func TestHeader(t *testing.T) {
	if commitOf(t.Context(), ".", "HEAD") == "" {
		t.Skip("not in a git repository: there is no commit to name")
	}
	for _, c := range []struct {
		name    string
		args    []string
		machine string // "" is any
		with    string // the end of the commit's line
	}{
		{"here", []string{"-command", "chord bench"}, "", ""},
		{"another machine, two programs", []string{"-command", "chord bench", "-machine", "none; qemu", "-with", "llama.cpp 3f545bec"}, "none; qemu", "; llama.cpp 3f545bec"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if code := run(t.Context(), append([]string{"header"}, c.args...), &out, &errs); code != 0 {
				t.Fatalf("exit code %d: %s", code, &errs)
			}
			d := new(data)
			var names []string
			if err := d.add(out.String()+"BenchmarkModel/model=m 1 2 tok/s\n", "rows", rows{}, &names); err != nil || len(d.origins) != 1 {
				t.Fatalf("got %+v, %v from\n%s", d.origins, err, &out)
			}
			o := d.origins[0]
			if o.Command != "chord bench" || o.Machine == "" || c.machine != "" && o.Machine != c.machine || !strings.HasSuffix(o.Commit, c.with) {
				t.Errorf("got %+v", o)
			}
		})
	}
	for _, args := range [][]string{{"header"}, {"header", "-command", "a\nb"}, {"header", "x"}} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, &out, &errs); code == 0 || out.Len() > 0 {
			t.Errorf("%q: exit code %d, %q", args, code, &out)
		}
	}
}
