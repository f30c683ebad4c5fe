package quantize_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/internal/quantize"
)

// TestTruncated: a model that is truncated while it is read is an error, whether a
// tensor is converted on the pool's threads or copied.
func TestTruncated(t *testing.T) {
	for _, copied := range []bool{false, true} {
		for _, threads := range []int{1, 4} {
			tensors := []gguf.WriteTensor{tensor("token_embd.weight", 512, 64), tensor("output.weight", 512, 64)}
			for i := range tensors {
				tensors[i].Data = floatData(make([]float32, 512*64))
			}
			name := filepath.Join(t.TempDir(), "m.gguf")
			out, err := os.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(gguf.Write(out, []gguf.KV{{Key: "general.architecture", Value: "llama"}}, tensors), out.Close()); err != nil {
				t.Fatal(err)
			}
			f, err := gguf.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			p, err := quantize.New(f, quantize.Options{Mix: "Q8_0", KeepOutput: copied})
			if err != nil {
				t.Fatal(err)
			}
			pool := par.New(threads)
			defer pool.Close()
			cut := false
			err = p.Write(context.Background(), io.Discard, pool, func(int64) {
				if !cut {
					cut = true
					if err := os.Truncate(name, f.Tensors[1].Offset/4096*4096); err != nil {
						t.Fatal(err)
					}
				}
			})
			if !errors.Is(err, gguf.ErrFault) || !strings.Contains(err.Error(), name) {
				t.Errorf("copied=%t threads=%d: got %v, want gguf.ErrFault and the name", copied, threads, err)
			}
		}
	}
}

// TestImatrixPipe: an importance matrix that is a pipe is an error at once, in both
// places that read one.
func TestImatrixPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := quantize.ReadImatrix(name); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v, want: not a regular file", err)
	}
	if err := quantize.NewCollector(nil, 1).AddFile(name); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v, want: not a regular file", err)
	}
}
