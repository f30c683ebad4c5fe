package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
)

// TestMistakes wants wrong command lines to be told in one line, in words of the person
// who typed them.
func TestMistakes(t *testing.T) {
	tale := fileBytes(t, taleFile(t))
	hubOf(t, map[string]string{"tale-Q4_0.gguf": tale})
	if r := do(t, "", "pull", "org/name"); r.code != 0 {
		t.Fatalf("pull: %+v", r)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("here.gguf", []byte(tale), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"run --temp x y", 2, `--temp "x": want a number (see chord run --help)`},
		{"run -n 1.5 y", 2, `-n, --n-predict "1.5": want a whole number (see`},
		{"run --top-k 99999999999999999999 y", 2, "too large (see"},
		{"run -t x y", 2, `-t, --threads "x": want 0 (every core) to`},
		{"run --escape=5 y", 2, `"5": want true or false (see`},
		{"serve --keep-alive x", 2, `--keep-alive "x": want a time such as 30s, 5m or 1h (see`},
		{"bench -p x", 2, `-p, --n-prompt: "x": want N, FIRST-LAST`},
		{"pull", 2, "chord: want chord pull name... (see chord pull --help)"},
		{"split a", 2, "chord: want chord split in.gguf out-prefix (see"},
		{"list x", 2, `chord list takes no arguments: "x" (see`},
		{"completion foo", 2, `"foo": want bash, zsh, fish, powershell (see`},
		{"rerank", 2, "chord: no query: give it as the first argument (see chord rerank --help)\n"},
		{"run here.gguf hello", 2, "here.gguf is a model, and what has no flag is the text: -m names a model"},
		{"chat org/name hello", 2, "org/name is a model, and"},
		{"run hf://org/name hello", 2, "hf://org/name is a model, and"},
		{"run -m nam y", 1, "nam: no such file, nor a model of the cache; did you mean org/name:Q4_0?"},
		{"run -m nmae y", 1, "nor a model of the cache; did you mean org/name:Q4_0?"},
		{"run -m else.gguf y", 1, "nor a model of the cache (chord list lists those of the cache, chord pull fetches one)"},
		{"run -m here.gguf -c 2000000000 y", 1, "here.gguf does not fit: it takes "},
	} {
		r := do(t, "", strings.Fields(c.args)...)
		if r.code != c.code || r.out != "" || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: %+v, want code %d and one line with %q", c.args, r, c.code, c.want)
		}
	}
	if r := do(t, "", "run", "-n", "1", "--temp", "0", filepath.Join("no", "model.gguf")); r.code != 0 {
		t.Errorf("a text that names no file: %+v", r)
	}
}

// TestTooLong wants what would fit in the place of a context that does not.
func TestTooLong(t *testing.T) {
	m := &modelFlags{path: taleFile(t), options: chord.Options{Context: 2_000_000_000}}
	_, err := m.open()
	if err = m.tooLong(err); err == nil || !strings.Contains(err.Error(), "; it fits with -c ") || !strings.Contains(err.Error(), "-ctk q8_0") {
		t.Errorf("got %v", err)
	}
	for _, c := range []struct {
		weights, now, budget int64
		want                 string
	}{
		{8e9, 16e9, 10e9, "Q8_0, about 7.9 GiB, would fit: chord quantize makes one, or chord pull fetches it"},
		{8e9, 16e9, 5e9, "Q4_K_M, about 4.6 GiB, would fit: chord quantize makes one, or chord pull fetches it"},
		{8e9, 4e9, 3.5e9, "Q2_K, about 3.2 GiB, would fit: chord quantize makes one, or chord pull fetches it"},
		{8e9, 16e9, 1e9, ""},
	} {
		if got := quantText(c.weights, c.now, c.budget); got != c.want {
			t.Errorf("%d weights of %d bytes in %d: got %q, want %q", c.weights, c.now, c.budget, got, c.want)
		}
	}
}
