package main

import (
	"strings"
	"testing"
)

// Variables are defaults of flags: a flag on the command line takes precedence.
func TestEnvironment(t *testing.T) {
	args := []string{"run", "--temp", "0", "Once"}
	three := do(t, "", append(args, "-n", "3")...)
	five := do(t, "", append(args, "-n", "5")...)
	if three.code != 0 || five.code != 0 || three.out == five.out {
		t.Fatalf("3 tokens %+v, 5 tokens %+v", three, five)
	}
	t.Setenv("LLAMA_ARG_N_PREDICT", "3")
	t.Setenv("LLAMA_ARG_NO_REPACK", "1")
	if r := do(t, "", args...); r.out != three.out {
		t.Errorf("from the variable: %+v", r)
	}
	if r := do(t, "", append(args, "-n", "5")...); r.out != five.out {
		t.Errorf("flag and variable: %+v", r)
	}
	t.Setenv("LLAMA_ARG_MODEL", "nosuch.gguf")
	if r := do(t, "", args...); r.code != 1 || !strings.Contains(r.stderr, "nosuch.gguf") {
		t.Errorf("a model that is not there: %+v", r)
	}
	t.Setenv("LLAMA_ARG_THREADS", "many")
	if r := do(t, "", args...); r.code != 2 || !strings.Contains(r.stderr, "LLAMA_ARG_THREADS=many") {
		t.Errorf("no number: %+v", r)
	}
}
