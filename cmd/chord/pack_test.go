package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord/tales"
)

// TestPack wants the same story from the packed file, and the original unchanged.
func TestPack(t *testing.T) {
	dir := t.TempDir()
	in, out, link := filepath.Join(dir, "in.gguf"), filepath.Join(dir, "out.gguf"), filepath.Join(dir, "link.gguf")
	data, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if r := do(t, "", "pack", in, out); r.code != 0 || r.out != "" {
		t.Fatalf("exit %d, %q", r.code, r.stderr)
	}
	story := []string{"-s", "3", "-n", "40", "Once upon a time"}
	want := ok(t, "", append([]string{"run"}, story...)...)
	if got := ok(t, "", append([]string{"run", "--raw", "-m", out}, story...)...); got != want {
		t.Errorf("the packed model says %q, want %q", got, want)
	}
	if s := ok(t, "", "inspect", out); !strings.Contains(s, "Q4_0_X16") {
		t.Errorf("inspect does not show the packed type:\n%s", s)
	}

	if err := os.Link(in, link); err != nil {
		t.Fatal(err)
	}
	for _, same := range []string{in, link} {
		if r := do(t, "", "pack", in, same); r.code != 2 || !strings.Contains(r.stderr, "one file") {
			t.Errorf("pack onto itself: exit %d, %q", r.code, r.stderr)
		}
	}
	if r := do(t, "", "pack", out, filepath.Join(dir, "twice.gguf")); r.code != 1 {
		t.Errorf("packing twice: exit %d, want 1", r.code)
	}
	if r := do(t, "", "pack", filepath.Join(dir, "none.gguf"), link); r.code != 1 {
		t.Errorf("no such file: exit %d, want 1", r.code)
	}
	if now, err := os.ReadFile(in); err != nil || string(now) != string(data) {
		t.Errorf("the original has changed (%v)", err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*incomplete"))
	if err != nil || len(names) > 0 {
		t.Errorf("left behind: %v %v", names, err)
	}
}
