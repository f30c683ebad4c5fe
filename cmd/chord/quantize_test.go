package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/tales"
)

// taleFile writes the embedded model to a file.
func taleFile(t *testing.T) string {
	t.Helper()
	data, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "in.gguf")
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestQuantize wants quantised models that can be run.
func TestQuantize(t *testing.T) {
	in := tiny(t, "--type", "F16", "--seed", "1")
	dir := t.TempDir()
	for _, mix := range []string{"Q4_K_M", "q8_0", "Q3_K", "2", "IQ4_NL", "MXFP4", "F32"} {
		out := filepath.Join(dir, mix+".gguf")
		r := do(t, "", "quantize", in, out, mix, "2")
		if r.code != 0 || r.out != "" || !strings.Contains(r.stderr, "bits a weight") {
			t.Fatalf("%s: exit %d, %q", mix, r.code, r.stderr)
		}
		if text := ok(t, "", "run", "-m", out, "-s", "1", "-n", "4", "--ignore-eos", "a"); !strings.HasPrefix(text, "a") {
			t.Errorf("%s: %q", mix, text)
		}
	}
	if r := do(t, "", "quantize", filepath.Join(dir, "q8_0.gguf"), "-", "Q4_0"); r.code != 1 || !strings.Contains(r.stderr, "already quantised") || r.out != "" {
		t.Errorf("requantise: exit %d, %q", r.code, r.stderr)
	}
	if r := do(t, "", "quantize", "--allow-requantize", filepath.Join(dir, "q8_0.gguf"), "-", "Q4_0"); r.code != 0 || !strings.HasPrefix(r.out, "GGUF") {
		t.Errorf("requantise: exit %d, %q", r.code, r.stderr)
	}
}

// TestQuantizeFlags checks the effect of flags.
func TestQuantizeFlags(t *testing.T) {
	in := tiny(t, "--type", "F16")
	plan := func(args ...string) string {
		t.Helper()
		return ok(t, "", append([]string{"quantize", "--dry-run", in, "none.gguf", "Q4_K_M"}, args...)...)
	}
	for _, c := range []struct{ args, want string }{
		{"", "output.weight"},
		{"--pure", "Q4_K"},
		{"--tensor-type ATTN_Q=q5_1", "Q5_1"},
		{"--output-tensor-type q8_0", "Q8_0"},
		{"--token-embedding-type q5_0", "Q5_0"},
	} {
		if got := plan(strings.Fields(c.args)...); !strings.Contains(got, c.want) {
			t.Errorf("%s: no %s in\n%s", c.args, c.want, got)
		}
	}
	out := filepath.Join(t.TempDir(), "out.gguf")
	if r := do(t, "", "quantize", "--override-kv", "general.name=str:x", "--override-kv", "a.b=int:7", "--override-kv", "a.c=float:0.5", "--override-kv", "a.d=bool:true", "--override-kv", "a.e=int:-1", in, out, "Q8_0"); r.code != 0 {
		t.Fatal(r.stderr)
	}
	f, err := gguf.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for key, want := range map[string]any{"general.name": "x", "a.b": uint32(7), "a.c": float32(0.5), "a.d": true, "a.e": int32(-1), "general.file_type": uint32(7)} {
		if got, _ := f.Get(key); got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
	for _, args := range [][]string{
		{"--tensor-type", "x"}, {"--tensor-type", "(=Q4_0"}, {"--tensor-type", "a=Q9"},
		{"--override-kv", "x"}, {"--override-kv", "x=int:a"}, {"--override-kv", "x=y:a"}, {"--override-kv", "x=bool:1"},
	} {
		if r := do(t, "", append([]string{"quantize", in, out, "Q4_0"}, args...)...); r.code != 2 {
			t.Errorf("%q: exit %d, want 2", args, r.code)
		}
	}
}

// TestQuantizeOntoItself wants an error, by any name of the file, and the file
// unchanged.
func TestQuantizeOntoItself(t *testing.T) {
	in := taleFile(t)
	want, err := os.ReadFile(in)
	if err != nil {
		t.Fatal(err)
	}
	hard, soft := filepath.Join(filepath.Dir(in), "hard.gguf"), filepath.Join(filepath.Dir(in), "soft.gguf")
	names := []string{in, hard}
	if err := os.Link(in, hard); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" { // where links need a privilege
		if err := os.Symlink(in, soft); err != nil {
			t.Fatal(err)
		}
		names = append(names, soft)
	}
	for _, out := range names {
		if r := do(t, "", "quantize", "--allow-requantize", in, out, "Q8_0"); r.code != 2 || !strings.Contains(r.stderr, "one file") {
			t.Errorf("%s: exit %d, %q", out, r.code, r.stderr)
		}
	}
	if got, err := os.ReadFile(in); err != nil || string(got) != string(want) {
		t.Errorf("the original has changed (%v)", err)
	}
}

// TestQuantizeFails wants nothing left behind after an error.
func TestQuantizeFails(t *testing.T) {
	dir := t.TempDir()
	cut := filepath.Join(dir, "cut.gguf")
	data, err := os.ReadFile(taleFile(t))
	if err != nil {
		t.Fatal(err)
	}
	// A tensor beyond the end of its file: nothing may be read past it.
	if err := os.WriteFile(cut, data[:len(data)-1000], 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.gguf")
	if r := do(t, "", "quantize", "--allow-requantize", cut, out, "Q8_0"); r.code != 1 || !strings.Contains(r.stderr, "the download is incomplete") {
		t.Errorf("exit %d, %q", r.code, r.stderr)
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		if r := do(t, "", "quantize", "--allow-requantize", taleFile(t), "/dev/full", "Q8_0"); r.code != 1 {
			t.Errorf("full disk: exit %d, %q", r.code, r.stderr)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
