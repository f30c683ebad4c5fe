package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// result is the result of one command line.
type result struct {
	code        int
	out, stderr string
}

// do runs one command line with this stdin.
func do(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, stderr bytes.Buffer
	code := run(args, strings.NewReader(stdin), &out, &stderr)
	return result{code, out.String(), stderr.String()}
}

// ok runs one command line that must succeed without output on stderr, and returns
// its output.
func ok(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	r := do(t, stdin, args...)
	if r.code != 0 || r.stderr != "" {
		t.Fatalf("chord %s: exit %d, stderr %q", strings.Join(args, " "), r.code, r.stderr)
	}
	return r.out
}

// tiny writes a synthetic model and returns its path.
func tiny(t *testing.T, flags ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tiny.gguf")
	args := append([]string{"synth", "--shape", "tiny"}, flags...)
	if r := do(t, "", append(args, name)...); r.code != 0 || r.out != "" {
		t.Fatalf("synth: exit %d, stdout %q, stderr %q", r.code, r.out, r.stderr)
	}
	return name
}

// TestExitCodes wants, for each wrong command line, its code, one line on
// stderr that says what is wrong, and nothing on stdout.
func TestExitCodes(t *testing.T) {
	junk := filepath.Join(t.TempDir(), "junk.gguf")
	if err := os.WriteFile(junk, []byte("GGUF?"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args string
		code int
		want string
	}{
		{"unknown command", "rum", 2, `unknown command "rum", did you mean rm or run?`},
		{"unknown flag", "run --nosuch x", 2, "unknown flag: --nosuch"},
		{"unknown short flag", "inspect -x f", 2, "unknown shorthand flag"},
		{"flag without value", "run x --temp", 2, "flag needs an argument"},
		{"flag of another type", "run --top-k many x", 2, `--top-k "many": want a whole number`},
		{"no such colour mode", "--color blue version", 2, "auto, always or never"},
		{"no prompt", "run -f", 2, "flag needs an argument"},
		{"two prompts", "run -p a b", 2, "name one"},
		{"generate nothing", "run -n 0 x", 2, "-n 0"},
		{"empty stop string", "run --stop= x", 2, "--stop"},
		{"temperature NaN", "run --temp NaN x", 2, "Temperature"},
		{"top-p above 1", "run --top-p 2 x", 2, "TopP"},
		{"min-p below 0", "run --min-p -3 x", 2, "MinP"},
		{"bias without a number", "run --logit-bias 5 x", 2, "--logit-bias"},
		{"bias of no token", "run -l 99999999+1 x", 2, "99999999"},
		{"unknown type of values", "run -ctk f16 -ctv q9 x", 2, "-ctv"},
		{"unknown type of cache", "run -ctk q9 x", 2, "f16, f32, q8_0"},
		{"negative context", "run -c -1 x", 2, "-c -1"},
		{"no such model", "run -m nosuch.gguf x", 1, "nosuch.gguf"},
		{"prompt file is missing", "run -f nosuch.txt", 1, "nosuch.txt"},
		{"prompt longer than the context", "run --no-display-prompt -c 2 one_two_three_four", 1, "context"},
		{"inspect nothing", "inspect", 2, "want chord inspect file.gguf"},
		{"inspect two files", "inspect a b", 2, "want chord inspect file.gguf"},
		{"inspect junk", "inspect " + junk, 1, "gguf: "},
		{"inspect a folder", "inspect .", 1, "chord: gguf: "},
		{"tokenize with junk", "tokenize -m " + junk + " x", 1, "gguf: "},
		{"decode and encode", "tokenize --decode --ids 1", 2, "--decode"},
		{"decode no number", "tokenize --decode x", 2, `"x"`},
		{"decode no token", "tokenize --decode 999999", 2, "999999"},
		{"decode half an array", "tokenize --decode [1", 2, "no end ]"},
		{"logits of nothing", "logits", 2, "no ids"},
		{"logits of no token", "logits --ids -1", 2, "-1"},
		{"logits with an argument", "logits 1", 2, "chord logits takes no arguments"},
		{"logits beyond the context", "logits -c 2 --ids 1,2,3", 1, "context"},
		{"synth without a file", "synth", 2, "want chord synth "},
		{"synth of no shape", "synth --shape huge x", 2, "tinyllama-1.1b"},
		{"synth of no type", "synth --type Q9 x", 2, "Q4_0"},
		{"synth into no folder", "synth --shape tiny nosuch/x", 1, "nosuch"},
		{"synth over a folder", "synth --shape tiny .", 1, "directory"},
		{"version with an argument", "version x", 2, "chord version takes no arguments"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := do(t, "", strings.Fields(c.args)...)
			if r.code != c.code {
				t.Errorf("exit %d, want %d", r.code, c.code)
			}
			if !strings.HasPrefix(r.stderr, "chord: ") || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, c.want) {
				t.Errorf("stderr %q, want one line with %q", r.stderr, c.want)
			}
			if r.out != "" {
				t.Errorf("stdout %q, want nothing", r.out)
			}
		})
	}
}

// TestHelp wants help on stdout if it is asked for, and on stderr if the command is
// missing.
func TestHelp(t *testing.T) {
	for _, args := range []string{"--help", "help", "run --help", "help logits"} {
		if out := ok(t, "", strings.Fields(args)...); !strings.Contains(out, "Usage:") {
			t.Errorf("chord %s: %q", args, out)
		}
	}
	r := do(t, "")
	if r.code != 2 || r.out != "" || !strings.Contains(r.stderr, "Use models:") {
		t.Errorf("chord: exit %d, stdout %q, stderr %q", r.code, r.out, r.stderr)
	}
}

// TestCompletion wants a script for every shell, and values for flags.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out := ok(t, "", "completion", shell); !strings.Contains(out, "chord") {
			t.Errorf("%s: %q", shell, out)
		}
	}
	r := do(t, "", "__complete", "synth", "--shape", "tiny")
	if !strings.Contains(r.out, "tinyllama-1.1b") {
		t.Errorf("shapes: %q", r.out)
	}
}
