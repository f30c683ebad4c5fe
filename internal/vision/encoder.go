package vision

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/simd"
)

// An Encoder computes the rows of pictures. It serves one goroutine at a time.
type Encoder struct {
	Config *Config

	f      *gguf.File
	pool   *simd.Pool
	w      weights
	blocks [][]byte // memory of the weights
	acts   simd.Acts
	state
}

// Open opens the mmproj file at path, for the given number of threads; 0 means the
// cores that this process may use. Errors name the file and the key or tensor.
func Open(path string, threads int) (*Encoder, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	e, err := New(f, threads)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), errors.Join(err, f.Close()))
	}
	return e, nil
}

// New returns the encoder in f, which Close closes.
func New(f *gguf.File, threads int) (*Encoder, error) {
	c, err := ReadConfig(f)
	if err != nil {
		return nil, err
	}
	e := &Encoder{Config: c, f: f, pool: simd.NewPool(threads)}
	if err := e.load(); err != nil {
		e.release()
		return nil, err
	}
	return e, nil
}

// load reads the weights.
func (e *Encoder) load() (err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	l := &loader{f: e.f, p: e.pool, c: e.Config, alloc: e.alloc}
	l.tower(&e.w)
	e.Config.kind.load(l, e)
	if l.err != nil {
		return l.err
	}
	return e.begin()
}

// alloc returns memory for weights outside the Go heap.
func (e *Encoder) alloc(n int) ([]byte, error) {
	b, err := mmap.Alloc(n)
	if err == nil {
		e.blocks = append(e.blocks, b)
	}
	return b, err
}

// release returns the memory and the threads.
func (e *Encoder) release() {
	e.pool.Close()
	for _, b := range e.blocks {
		_ = mmap.Free(b) // allocated by mmap.Alloc: freeing it cannot fail
	}
	e.blocks, e.w = nil, weights{}
}

// Close releases the encoder, which must not be in use.
func (e *Encoder) Close() error {
	e.release()
	return e.f.Close()
}

// Encode returns the rows of the picture in data, the content of a file:
// (rows, Config.OutDim), with Config.Rows rows. Errors are those of [Decode], ctx's
// soon after ctx is done, and gguf.ErrFault if the mmproj file was cut short.
func (e *Encoder) Encode(ctx context.Context, data []byte) ([]float32, error) {
	p, err := Decode(data)
	if err != nil {
		return nil, err
	}
	return e.EncodePicture(ctx, p)
}

// EncodePicture is Encode for a decoded picture.
func (e *Encoder) EncodePicture(ctx context.Context, p *Picture) (rows []float32, err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	e.ctx = ctx
	e.pool.Watch(ctx)
	defer e.pool.Watch(context.Background())
	width, height := e.Config.fitted(p.Width, p.Height)
	e.columns, e.lines = width/e.Config.Patch, height/e.Config.Patch
	x := e.tower(e.Config.pixels(p))
	rows = e.Config.kind.project(e, x)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return rows, nil
}

// pixels returns the normalized colors of p at the size that the tower takes,
// (3, height, width).
func (c *Config) pixels(p *Picture) []float32 {
	width, height := c.fitted(p.Width, p.Height)
	p = p.fit(width, height, c.kind.filter, c.kind.bars)
	n := width * height
	x := make([]float32, 3*n)
	for i := range n {
		for k := range 3 {
			x[k*n+i] = (float32(p.RGB[3*i+k])/255 - c.Mean[k]) / c.Std[k]
		}
	}
	return x
}
