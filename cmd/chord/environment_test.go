package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
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

// serveFlags returns the command chord serve, with the flags that a command line sets.
func serveFlags(t *testing.T, args ...string) *cobra.Command {
	t.Helper()
	cmd, _, err := newApp(nil, io.Discard, io.Discard).rootCommand().Find([]string{"serve"})
	if err == nil {
		err = cmd.ParseFlags(args)
	}
	if err != nil {
		t.Fatal(err)
	}
	return cmd
}

// Every flag of chord serve has a variable, which sets it, and which help, manual and
// reference name.
func TestServeVariables(t *testing.T) {
	unset := serveFlags(t)
	help, man := ok(t, "", "help", "serve"), manPage(unset)
	for _, f := range visible(unset.LocalFlags()) {
		name := ownVariable(unset, f)
		if f.Name == "help" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(help, name) || !strings.Contains(man, name) {
				t.Error("help or manual does not name it")
			}
			given, want := "3", "3"
			switch f.Value.Type() {
			case "bool":
				given, want = "true", "true"
			case "duration":
				given, want = "3s", "3s"
			case "stringArray":
				given, want = "a,b", "[a,b]"
			}
			switch f.Name {
			case "override-kv":
				given = "a=int:3"
				want = given
			case "lora", "lora-scaled":
				given = "a.gguf:2"
				want = f.Value.String() // which tells nothing
			}
			t.Setenv(name, given)
			cmd := serveFlags(t)
			if err := setFromEnvironment(cmd); err != nil {
				t.Fatal(err)
			}
			if got := cmd.Flags().Lookup(f.Name).Value.String(); !strings.Contains(got, want) || !fromEnvironment(cmd, cmd.Flags().Lookup(f.Name)) {
				t.Errorf("%s=%s: got %s", name, given, got)
			}
		})
	}
}

// The command line comes before chord's variable, that before llama.cpp's, and that
// before the configuration.
func TestVariableOrder(t *testing.T) {
	config := filepath.Join(t.TempDir(), "chord.toml")
	if err := os.WriteFile(config, []byte("[server]\nctx-size = 1\nport = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CHORD_CONFIG", config)
	for _, c := range []struct {
		what       string
		own, llama string
		args       []string
		want       string
	}{
		{"configuration", "", "", nil, "1"},
		{"llama.cpp", "", "2", nil, "2"},
		{"chord", "3", "2", nil, "3"},
		{"command line", "3", "2", []string{"-c", "4"}, "4"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Setenv("CHORD_CTX_SIZE", c.own)
			if c.llama != "" {
				t.Setenv("LLAMA_ARG_CTX_SIZE", c.llama)
			}
			cmd := serveFlags(t, c.args...)
			if err := firstError(setFromEnvironment(cmd), newApp(nil, io.Discard, io.Discard).configure(cmd)); err != nil {
				t.Fatal(err)
			}
			if got := cmd.Flags().Lookup("ctx-size").Value.String(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	t.Setenv("CHORD_PORT", "tcp://10.0.0.1:80") // from Kubernetes, for a service called chord
	cmd := serveFlags(t)
	if err := setFromEnvironment(cmd); err != nil || cmd.Flags().Lookup("port").Value.String() != "8080" {
		t.Errorf("an address: %v, %v", cmd.Flags().Lookup("port").Value, err)
	}
	t.Setenv("CHORD_PORT", "many")
	if r := do(t, "", "serve"); r.code != exitUsage || !strings.Contains(r.stderr, "CHORD_PORT=many") {
		t.Errorf("no number: %+v", r)
	}
	if r := do(t, "", "run", "-n", "1", "--temp", "0", "Once"); r.code != 0 {
		t.Errorf("chord run reads variables of chord serve: %+v", r)
	}
}
