package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/synth"
)

// TestSynthRuns runs a model of every type that chord writes.
func TestSynthRuns(t *testing.T) {
	for _, typ := range synth.Types() {
		t.Run(typ, func(t *testing.T) {
			name := tiny(t, "--type", typ, "--seed", "1")
			out := ok(t, "", "run", "-m", name, "-s", "1", "-n", "8", "--ignore-eos", "a")
			if len(out) < 8 || !strings.HasPrefix(out, "a") {
				t.Errorf("got %q", out)
			}
			l := logits(t, "", "-m", name, "--ids", "1,300,400")
			sum := 0.0
			for _, x := range l.Logits[0] {
				sum += float64(x) * float64(x)
			}
			if v := sum / float64(len(l.Logits[0])); !(v > 0.3 && v < 3) {
				t.Errorf("logits have variance %g, want about 1", v)
			}
		})
	}
}

// TestSynthFiles wants whole files only: after an error, the old file and no other.
func TestSynthFiles(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "m.gguf")
	if err := os.WriteFile(name, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	a := newApp(nil, io.Discard, io.Discard)
	enough := errors.New("enough")
	err := a.create(t.Context(), name, func(w io.Writer) error {
		if _, err := w.Write([]byte("half")); err != nil {
			return err
		}
		return enough
	})
	if !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
	only := func(want string) {
		t.Helper()
		data, err := os.ReadFile(name)
		if err != nil || !strings.HasPrefix(string(data), want) {
			t.Errorf("got %q, %v, want %q", data[:min(len(data), 20)], err, want)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%v, %v", entries, err)
		}
	}
	only("old")
	r := do(t, "", "synth", "--shape", "tiny", name)
	if r.code != 0 || r.out != "" || !strings.Contains(r.stderr, "MB/s") {
		t.Errorf("exit %d, stdout %q, stderr %q", r.code, r.out, r.stderr)
	}
	only("GGUF")
}

// TestSynthStdout writes the same file to stdout as to a name.
func TestSynthStdout(t *testing.T) {
	want, err := os.ReadFile(tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	if r := do(t, "", "synth", "--shape", "tiny", "-"); !bytes.Equal([]byte(r.out), want) {
		t.Errorf("exit %d, %d bytes, want %d", r.code, len(r.out), len(want))
	}
}

// TestCreateDevice writes to a device and through a link, and wants neither to be
// replaced.
func TestCreateDevice(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("its null device is no file of the file system, and links need a privilege")
	}
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	null := filepath.Join(dir, "null")
	for from, to := range map[string]string{link: target, null: os.DevNull} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
		a := newApp(nil, io.Discard, io.Discard)
		if err := a.create(t.Context(), from, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Lstat(from); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more", from)
		}
	}
	if data, err := os.ReadFile(target); err != nil || string(data) != "new" {
		t.Errorf("through the link: %q, %v", data, err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s is a file now", os.DevNull)
	}
}
