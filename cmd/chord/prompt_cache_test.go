package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// --prompt-cache changes no text, and a later command has nothing to compute of the
// same prompt.
func TestPromptCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	prompt := strings.Repeat("Once upon a time there was a cat. ", 20)
	args := []string{"run", "--seed", "1", "-n", "8", "--stats", prompt}
	plain := do(t, "", args...)
	args = append(args, "--prompt-cache", dir)
	first, second := do(t, "", args...), do(t, "", args...)
	if first.code != 0 || first.out != plain.out || second.out != plain.out {
		t.Errorf("got %q (%s) and %q, want %q", first.out, first.stderr, second.out, plain.out)
	}
	if strings.Contains(first.stderr, "cached") || !strings.Contains(second.stderr, "cached") {
		t.Errorf("first %q, second %q", first.stderr, second.stderr)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) == 0 {
		t.Errorf("%v, %v", files, err)
	}
	for _, wrong := range [][]string{{"--prompt-cache-bytes", "-1"}, {"--prompt-cache", os.Args[0]}} {
		if r := do(t, "", append(args, wrong...)...); r.code == 0 {
			t.Errorf("%v: no error", wrong)
		}
	}
}
