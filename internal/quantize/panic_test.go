package quantize_test

import (
	"context"
	"errors"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/internal/quantize"
)

// TestPanicOfWriter: a panic of the writer, which runs on another goroutine, is
// raised in the caller of Write, which can recover it.
func TestPanicOfWriter(t *testing.T) {
	cause := errors.New("cause")
	x := tensor("token_embd.weight", 512, 512)
	x.Data = floatData(make([]float32, 512*512))
	p, err := quantize.New(open(t, []gguf.KV{{Key: "general.architecture", Value: "llama"}}, []gguf.WriteTensor{x}), quantize.Options{Mix: "Q8_0"})
	if err != nil {
		t.Fatal(err)
	}
	pool := par.New(2)
	defer pool.Close()
	defer func() {
		r, ok := recover().(error)
		if !ok || !errors.Is(r, cause) {
			t.Errorf("got a panic with %v, want %v", r, cause)
		}
	}()
	t.Error(p.Write(context.Background(), &panicking{cause: cause}, pool, nil))
}

// panicking panics at every write.
type panicking struct{ cause error }

func (p *panicking) Write([]byte) (int, error) { panic(p.cause) }
