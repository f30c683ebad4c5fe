package gguf

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// realFiles returns the names of all models and vocabularies that other
// programs have written.
func realFiles(t testing.TB) []string {
	t.Helper()
	return fixtures.Names(t, "models/*.gguf", "real/*.gguf", "zoo/*.gguf", "vocab/*.gguf")
}

func mustOpen(t testing.TB, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestRealFilesOpen(t *testing.T) {
	for _, name := range realFiles(t) {
		t.Run(path.Base(name), func(t *testing.T) {
			f := mustOpen(t, fixtures.Path(t, name))
			if arch, ok, err := f.Str("general.architecture"); !ok || err != nil || arch == "" {
				t.Errorf("general.architecture: got %q, %v, %v", arch, ok, err)
			}
			for i := range f.Tensors {
				d, err := f.Data(&f.Tensors[i])
				if err != nil || int64(len(d)) != f.Tensors[i].Size {
					t.Errorf("%s: got %d bytes, %v, want %d", f.Tensors[i].Name, len(d), err, f.Tensors[i].Size)
				}
			}
		})
	}
}

// The golden files list name, type and shape of every tensor as llama.cpp sees them.
func TestTensorsAgreeWithGolden(t *testing.T) {
	for _, name := range fixtures.Names(t, "golden/*-*.json", "golden/stories260K.json") {
		if name == "golden/greedy-from-bos.json" {
			continue
		}
		t.Run(path.Base(name), func(t *testing.T) {
			var golden struct {
				File    string
				Size    int64
				Tensors map[string]string
			}
			fixtures.ReadJSON(t, &golden, name)
			f := mustOpen(t, fixtures.Path(t, golden.File))
			if f.Parts[0].Size != golden.Size {
				t.Errorf("size: got %d, want %d", f.Parts[0].Size, golden.Size)
			}
			if len(f.Tensors) != len(golden.Tensors) || len(golden.Tensors) == 0 {
				t.Errorf("got %d tensors, want %d", len(f.Tensors), len(golden.Tensors))
			}
			for name, want := range golden.Tensors {
				tn, ok := f.Tensor(name)
				if !ok {
					t.Errorf("%s: missing", name)
				} else if got := describe(tn); got != want {
					t.Errorf("%s: got %s, want %s", name, got, want)
				}
			}
		})
	}
}

// describe writes a tensor as the golden files do: "Q4_0 128x512".
func describe(t *Tensor) string {
	dims := make([]string, len(t.Shape))
	for i, d := range t.Shape {
		dims[i] = fmt.Sprint(d)
	}
	return t.Type.String() + " " + strings.Join(dims, "x")
}
