package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// completions returns what follows the words of a command line.
func completions(t *testing.T, words ...string) (list []string, directive string) {
	t.Helper()
	r := do(t, "", append([]string{"__completeNoDesc"}, words...)...)
	if r.code != 0 {
		t.Fatalf("%q: %+v", words, r)
	}
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	return lines[:len(lines)-1], lines[len(lines)-1]
}

// TestCompletions wants values where flags and arguments have them, files of the right
// kind, and no files where there are none.
func TestCompletions(t *testing.T) {
	hubOf(t, map[string]string{"tale-Q4_0.gguf": fileBytes(t, taleFile(t))})
	if r := do(t, "", "pull", "org/name"); r.code != 0 {
		t.Fatal(r)
	}
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"here.gguf": "", "chord.toml": "[models.tales]\nmodel = \"here.gguf\"\n"} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("CHORD_CONFIG", "chord.toml")
	if r := do(t, "", "__complete", "run", "--cache-type-k"); strings.Contains(r.out, "`") || !strings.Contains(r.out, "type of the keys") {
		t.Errorf("texts about flags: %q", r.out)
	}
	for _, c := range []struct {
		words, want, directive string
	}{
		{"com|", "completion", ":4"},
		{"completion|", "bash zsh fish powershell", ":4"},
		{"help qua|", "quantize", ":4"},
		{"quantize a.gguf b.gguf Q4|", "Q4_0 Q4_1 Q4_K_S Q4_K_M", ":4"},
		{"quantize a|", "gguf", ":8"},
		{"inspect |", "gguf", ":8"},
		{"run -m |", "tales embedded here.gguf org/name:Q4_0", ":4"},
		{"serve -m t|", "tales", ":4"},
		{"chat -m ./|", "gguf", ":8"},
		{"bench -m org|", "org/name:Q4_0", ":4"},
		{"run --hf-repo |", "org/name:Q4_0", ":4"},
		{"rm |", "org/name:Q4_0", ":4"},
		{"run --grammar-file |", "gbnf lark", ":8"},
		{"run --cache-type-k |", "f16 f32 q8_0 q4_0", ":4"},
		{"run --top-k |", "", ":4"},
		{"run --temp |", "", ":4"},
		{"run |", "", ":4"},
		{"quantize --output-tensor-type Q8|", "Q8_0", ":4"},
		{"bench -o |", "", ":4"},
		{"embed --pooling m|", "mean", ":4"},
		{"run --color |", "auto always never", ":4"},
		{"man |", "", ":16"},
		{"run --file |", "", ":0"},
	} {
		words := strings.Split(strings.TrimSuffix(c.words, "|"), " ")
		if strings.Count(c.words, " ") == 0 && c.words == "completion|" {
			words = append(words, "")
		}
		got, directive := completions(t, words...)
		for _, want := range strings.Fields(c.want) {
			if !slices.Contains(got, want) {
				t.Errorf("%s: got %q, want %s", c.words, got, want)
			}
		}
		if directive != c.directive || c.want == "" && c.words != "bench -o |" && len(got) > 0 {
			t.Errorf("%s: got %q %s, want %q %s", c.words, got, directive, c.want, c.directive)
		}
	}
}

// TestShells loads each script into its shell, where it is, and completes with it.
func TestShells(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "chord")
	script := "#!/bin/sh\nCHORD_TEST_RUN=1 exec '" + exe + "' \"$@\"\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for shell, command := range map[string]string{
		"bash": `source ./bash; __chord_init_completion() { COMPREPLY=(); cur="${COMP_WORDS[COMP_CWORD]}"; prev="${COMP_WORDS[COMP_CWORD-1]}"; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
_get_comp_words_by_ref() { __chord_init_completion; }; COMP_WORDS=(chord quant); COMP_CWORD=1; COMP_LINE="chord quant"; COMP_POINT=11; COMP_TYPE=9; __start_chord; echo "${COMPREPLY[@]}"`,
		"zsh":  `compdef() { :; }; source ./zsh; words=(chord quant); CURRENT=2; _describe() { print -r -- "${(P)${@[-1]}}"; print -r -- $completions; }; _chord`,
		"fish": `source ./fish; complete -C "chord quant"`,
	} {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("no %s here", shell)
			}
			if err := os.WriteFile(filepath.Join(dir, shell), []byte(ok(t, "", "completion", shell)), 0o666); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(path, "-c", command)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "HOME="+dir)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "quantize") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	if got := ok(t, "", "completion", "powershell"); !strings.Contains(got, "Register-ArgumentCompleter") {
		t.Errorf("got %s", got)
	}
	if r := do(t, "", "completion", "tcsh"); r.code != exitUsage {
		t.Errorf("tcsh: %+v", r)
	}
}
