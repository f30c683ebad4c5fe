package gguf

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// data is where other people's files are, seen from this package.
const data = "../../shared/data"

// realFiles returns the files that match a pattern below data.
func realFiles(t testing.TB, patterns ...string) []string {
	t.Helper()
	fixtures.Path(t, ".")
	var files []string
	for _, p := range patterns {
		m, err := filepath.Glob(filepath.Join(data, p))
		if err != nil || len(m) == 0 {
			t.Fatalf("no files %s: %v", p, err)
		}
		files = append(files, m...)
	}
	return files
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
	for _, path := range realFiles(t, "models/*.gguf", "real/*.gguf", "zoo/*.gguf", "vocab/*.gguf") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f := mustOpen(t, path)
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
	seen := 0
	for _, path := range realFiles(t, "golden/*.json") {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var golden struct {
			File    string
			Size    int64
			Tensors map[string]string
		}
		if json.Unmarshal(b, &golden) != nil || golden.Tensors == nil {
			continue // a summary of other shape
		}
		seen++
		t.Run(golden.File, func(t *testing.T) {
			f := mustOpen(t, filepath.Join(data, golden.File))
			if f.Parts[0].Size != golden.Size {
				t.Errorf("size: got %d, want %d", f.Parts[0].Size, golden.Size)
			}
			if len(f.Tensors) != len(golden.Tensors) {
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
	if seen < 40 {
		t.Errorf("only %d golden files list tensors", seen)
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
