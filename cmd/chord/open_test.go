package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
)

// openers are the commands that open models, with what they need besides the
// flags about the model.
var openers = []struct{ name, args string }{
	{"run", "run -n 1 a"},
	{"embed", "embed a"},
	{"perplexity", "perplexity -p a"},
	{"logits", "logits --ids 1"},
	{"imatrix", "imatrix -f open_test.go"},
	{"bench", "bench -p 1 -n 0"},
}

// opened returns the options with which a command line opens a model, and ends the
// command there.
func opened(t *testing.T, args ...string) chord.Options {
	t.Helper()
	var got []chord.Options
	var stderr bytes.Buffer
	a := newApp(strings.NewReader(""), io.Discard, &stderr)
	a.opening = func(o chord.Options) error {
		got = append(got, o)
		return errors.New("enough")
	}
	if code := a.run(args); code != 1 || len(got) != 1 || !strings.Contains(stderr.String(), "enough") {
		t.Fatalf("%q: exit %d, %d models, %s", args, code, len(got), stderr.String())
	}
	return got[0]
}

// TestFlagsArrive wants every flag about a model, and its variable, to have its
// effect in every command that opens a model. chord bench has the flags of
// llama-bench: no -c, and no variables.
func TestFlagsArrive(t *testing.T) {
	for _, c := range []struct {
		flag, variable string
		got            func(chord.Options) any
		want           any
	}{
		{"--ctx-size 48", "LLAMA_ARG_CTX_SIZE=48", func(o chord.Options) any { return o.Context }, 48},
		{"-c 48", "", func(o chord.Options) any { return o.Context }, 48},
		{"--threads 3", "LLAMA_ARG_THREADS=3", func(o chord.Options) any { return o.Threads }, 3},
		{"-t 3", "", func(o chord.Options) any { return o.Threads }, 3},
		{"--cache-type-k q8_0", "LLAMA_ARG_CACHE_TYPE_K=q8_0", func(o chord.Options) any { return o.CacheTypeK }, "q8_0"},
		{"-ctk q8_0", "", func(o chord.Options) any { return o.CacheTypeK }, "q8_0"},
		{"--cache-type-v q8_0", "LLAMA_ARG_CACHE_TYPE_V=q8_0", func(o chord.Options) any { return o.CacheTypeV }, "q8_0"},
		{"-ctv q8_0", "", func(o chord.Options) any { return o.CacheTypeV }, "q8_0"},
		{"--no-repack", "LLAMA_ARG_NO_REPACK=1", func(o chord.Options) any { return o.NoRepack }, true},
		{"--override-kv general.name=str:x", "", func(o chord.Options) any { return strings.Join(o.OverrideKV, "|") }, "general.name=str:x"},
	} {
		for _, cmd := range openers {
			args := strings.Fields(cmd.args)
			isBench := cmd.name == "bench"
			if !isBench || !strings.Contains(c.flag, "-c ") && !strings.Contains(c.flag, "ctx") {
				if got := c.got(opened(t, append(args, strings.Fields(c.flag)...)...)); got != c.want {
					t.Errorf("%s %s: got %v, want %v", cmd.name, c.flag, got, c.want)
				}
			}
			if name, value, ok := strings.Cut(c.variable, "="); ok && !isBench {
				t.Run(cmd.name+" "+c.variable, func(t *testing.T) {
					t.Setenv(name, value)
					if got := c.got(opened(t, args...)); got != c.want {
						t.Errorf("got %v, want %v", got, c.want)
					}
				})
			}
		}
	}
}

// TestModelArrives wants -m and LLAMA_ARG_MODEL in every command that has the
// flag, and errors of --override-kv alike in all of them.
func TestModelArrives(t *testing.T) {
	commands := []string{"tokenize a", "apply-template --messages open_test.go"}
	for _, o := range openers {
		commands = append(commands, o.args)
	}
	for _, line := range commands {
		args := strings.Fields(line)
		if r := do(t, "", append(args, "-m", "nosuch.gguf")...); r.code != 1 || !strings.Contains(r.stderr, "nosuch.gguf") {
			t.Errorf("%s -m: %+v", line, r)
		}
		for _, kv := range []string{"x.y=bool:1", "x.y=int:1.5", "x.y=float:z", "x.y"} {
			r := do(t, "", append(args, "--override-kv", kv)...)
			if r.code != 2 || !strings.Contains(r.stderr, "want") || strings.Contains(r.stderr, "strconv") || strings.Contains(r.stderr, "Parse") {
				t.Errorf("%s --override-kv %s: %+v", line, kv, r)
			}
		}
		if args[0] == "bench" {
			continue
		}
		t.Run(args[0], func(t *testing.T) {
			t.Setenv("LLAMA_ARG_MODEL", "nosuch.gguf")
			if r := do(t, "", args...); r.code != 1 || !strings.Contains(r.stderr, "nosuch.gguf") {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestThreadsBound wants more threads than the library allows to be an error of all
// commands, before anything is read.
func TestThreadsBound(t *testing.T) {
	commands := []string{"pack x y", "quantize x y Q4_0", "quantize x y Q4_0 1000000000"}
	for _, o := range openers {
		commands = append(commands, o.args)
	}
	for _, line := range commands {
		args := strings.Fields(line)
		if !strings.HasSuffix(line, "000") {
			args = append(args, "-t", "1000000000")
		}
		if r := do(t, "", args...); r.code != 2 || !strings.Contains(r.stderr, "4096") || strings.Contains(r.stderr, "strconv") {
			t.Errorf("%q: %+v", args, r)
		}
	}
	if o := opened(t, "run", "-t", "-1", "a"); o.Threads != 0 {
		t.Errorf("-t -1: %d threads", o.Threads)
	}
}

// TestContextLimited wants one warning that the caches hold fewer tokens than the
// model was trained for, unless the flags ask for as many.
func TestContextLimited(t *testing.T) {
	for args, want := range map[string]int{"": 1, "-c 600": 0} {
		r := do(t, "", append(strings.Fields("run -n 1 --override-kv llama.context_length=int:1000000000 a"), strings.Fields(args)...)...)
		if r.code != 0 || strings.Count(r.stderr, "tokens of the model's 1000000000") != want || strings.Count(r.stderr, "\n") != want {
			t.Errorf("%s: exit %d, %q", args, r.code, r.stderr)
		}
	}
}

// TestContextWarning wants one warning that the context is longer than the model was
// trained for.
func TestContextWarning(t *testing.T) {
	for args, want := range map[string]int{"run -n 1 -c 513 a": 1, "run -n 1 -c 512 a": 0, "logits --ids 1 -c 600": 1, "logits --ids 1": 0} {
		r := do(t, "", strings.Fields(args)...)
		if r.code != 0 || strings.Count(r.stderr, "trained for 512") != want || strings.Count(r.stderr, "\n") != want {
			t.Errorf("%s: exit %d, %q", args, r.code, r.stderr)
		}
	}
}
