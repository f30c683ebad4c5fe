package llama

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/tales"
)

// cut truncates the file of f to its first page. restore writes it as it was.
func cut(t *testing.T, f *gguf.File) (restore func()) {
	t.Helper()
	path := f.Parts[0].Name
	whole, err := os.ReadFile(path)
	if err == nil {
		err = os.Truncate(path, 4096)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// packedTales returns a mapped file with the embedded model, packed.
func packedTales(t *testing.T) *gguf.File {
	t.Helper()
	var b bytes.Buffer
	if err := Pack(&b, mappedTales(t), 2); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "packed.gguf")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// wantFault requires a gguf.ErrFault that names the file.
func wantFault(t *testing.T, err error, f *gguf.File) {
	t.Helper()
	if !errors.Is(err, gguf.ErrFault) || !strings.Contains(err.Error(), f.Parts[0].Name) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v, want gguf.ErrFault and the file's name in a line", err)
	}
}

// TestCutWhileLoading truncates a file before its weights are read. Load and Pack
// must return an error.
func TestCutWhileLoading(t *testing.T) {
	for _, threads := range []int{1, 4} {
		f := mappedTales(t)
		cut(t, f)
		_, err := Load(f, Options{Threads: threads})
		wantFault(t, err, f)
		wantFault(t, Pack(io.Discard, f, threads), f)
	}
}

// TestCutWhileRunning truncates a file whose weights are in use, by kernels too.
// Forward must return an error, and the same logits as before once the file is
// restored.
func TestCutWhileRunning(t *testing.T) {
	for _, c := range []struct {
		name string
		file func(*testing.T) *gguf.File
	}{{tales.Name, mappedTales}, {"packed", packedTales}} {
		for _, threads := range []int{1, 4} {
			t.Run(c.name, func(t *testing.T) {
				f := c.file(t)
				m, err := Load(f, Options{Threads: threads, NoRepack: true})
				if err != nil {
					t.Fatal(err)
				}
				defer m.Close()
				want := append([]float32(nil), logitsOf(t, m)...)
				cache := m.NewCache(0)
				defer cache.Close()
				s := cache.NewSeq("")
				var out Output
				for _, n := range []int{1, 40} {
					restore := cut(t, f)
					batch := make([]Token, n)
					for i := range batch {
						batch[i] = Token{Seq: s, ID: 300}
					}
					batch[n-1].Out = OutLogits
					wantFault(t, m.Forward(t.Context(), batch, &out), f)
					if s.Len() != 0 {
						t.Errorf("the sequence has %d tokens, want 0", s.Len())
					}
					restore()
				}
				for i, x := range logitsOf(t, m) {
					if math.Float32bits(x) != math.Float32bits(want[i]) {
						t.Fatalf("logit %d: got %g, want %g", i, x, want[i])
					}
				}
			})
		}
	}
}
