package convert

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/internal/quantize"
	"github.com/querent-ai/chord/quant"
)

// A tensor is a tensor of the result: views of equal width, one after the other.
type tensor struct {
	name  string
	shape []int // slowest first, as in Hugging Face
	typ   quant.Type
	views []view
	write func(io.Writer) error // instead of views, in the layout of typ
}

// pieceBytes is about how many bytes of floats are converted between two writes.
const pieceBytes = 4 << 20

// alwaysF32 are the tensors that llama.cpp requires in float32.
var alwaysF32 = []string{"ffn_gate_inp.weight", "ffn_gate_inp_shexp.weight", "position_embd.weight", "token_types.weight", "ssm_conv1d.weight", "conv.weight",
	"time_mix_lerp_fused.weight", "time_mix_w1.weight", "time_mix_w2.weight"}

// setType gives t the type that llama.cpp's converter gives it: vectors, norms,
// biases and routers are float32; float16 replaces Q8_0 where rows are not whole
// blocks.
func (t *tensor) setType(matrices quant.Type) {
	t.typ = matrices
	base := t.name[strings.LastIndexByte(strings.TrimSuffix(t.name, ".weight"), '.')+1:]
	switch {
	case len(t.shape) <= 1, strings.HasSuffix(t.name, "_norm.weight"),
		!strings.HasSuffix(t.name, ".weight"), slices.Contains(alwaysF32, base):
		t.typ = quant.F32
	case t.shape[len(t.shape)-1]%matrices.BlockElems() != 0:
		t.typ = quant.F16
	}
}

// dims returns the shape in GGUF's order.
func (t *tensor) dims() []uint64 {
	out := make([]uint64, len(t.shape))
	for i, d := range t.shape {
		out[len(out)-1-i] = uint64(d)
	}
	return out
}

// bytes returns the size of t.
func (t *tensor) bytes() int64 {
	n := int64(t.typ.BlockBytes())
	for i, d := range t.shape {
		if i == len(t.shape)-1 {
			d /= t.typ.BlockElems()
		}
		n *= int64(d)
	}
	return n
}

// check errs if t's views have another number of elements than its shape.
func (t *tensor) check() error {
	want := 1
	for _, d := range t.shape {
		want *= d // of a source's shape, so it fits
	}
	got := 0
	for i := range t.views {
		v := &t.views[i]
		if err := checkFloat(v.src); err != nil && (v.scaling == nil || v.scaling.packed == nil) {
			return err
		}
		got += v.rows * v.cols
	}
	if t.write == nil && got != want {
		return fmt.Errorf("convert: tensor %q: %d elements, want shape %v", t.name, got, t.shape)
	}
	return nil
}

// writeTo writes t's bytes, converted on the pool's threads.
func (t *tensor) writeTo(ctx context.Context, w io.Writer, pool *par.Pool) error {
	if t.write != nil {
		return t.write(w)
	}
	p := piece{t: t}
	for i := range t.views {
		p.v = &t.views[i]
		if p.v.cols == 0 {
			continue
		}
		step := max(1, pieceBytes/(4*p.v.cols))
		for p.lo = 0; p.lo < p.v.rows; p.lo += step {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := p.convert(pool, min(step, p.v.rows-p.lo)); err != nil {
				return err
			}
			if _, err := w.Write(p.out); err != nil {
				return err
			}
		}
		p.v.src.Drop()
	}
	return nil
}

// A piece is some rows of a view that are converted.
type piece struct {
	t   *tensor
	v   *view
	lo  int // the first row
	x   []float32
	out []byte
	bad atomic.Int64 // 1 + the index of an element of x that the type cannot represent; 0: none
}

// jobElems is about how many elements a thread converts at a time.
const jobElems = 1 << 14

// convert sets out to n rows from lo on in the tensor's type. It errs if an element
// is not finite, or not in that type.
func (p *piece) convert(pool *par.Pool, n int) error {
	p.out = p.out[:0]
	if p.v.asIs(p.t.typ) {
		p.out = p.v.raw(p.out, p.lo, p.lo+n)
		if i := quantize.NotFinite(p.t.typ, p.out); i >= 0 {
			var x [1]float32
			quant.Dequantize(x[:], p.t.typ, p.out[i*p.t.typ.BlockBytes():][:p.t.typ.BlockBytes()])
			return p.fault(i, x[0])
		}
		return nil
	}
	elems := n * p.v.cols
	size := elems / p.t.typ.BlockElems() * p.t.typ.BlockBytes()
	p.x = slices.Grow(p.x[:0], elems)[:elems]
	p.out = slices.Grow(p.out, size)[:size]
	pool.Run(n, max(1, jobElems/p.v.cols), p)
	if i := int(p.bad.Load()) - 1; i >= 0 {
		return p.fault(i, p.x[i])
	}
	return nil
}

// fault returns the error about element i of the piece, which is x.
func (p *piece) fault(i int, x float32) error {
	return fmt.Errorf("from %q: %w", p.v.src.Name, quantize.Fault(p.t.typ, int64(p.lo*p.v.cols+i), int64(p.v.cols), x))
}

// Do converts rows lo to hi of the piece.
func (p *piece) Do(_, lo, hi int) {
	cols := p.v.cols
	x := p.x[lo*cols : hi*cols]
	p.v.floats(x, p.lo+lo, p.lo+hi)
	bytes := cols / p.t.typ.BlockElems() * p.t.typ.BlockBytes()
	if i := quantize.Narrow(p.out[lo*bytes:hi*bytes], p.t.typ, x, nil); i >= 0 {
		p.bad.CompareAndSwap(0, int64(lo*cols+i)+1)
	}
}

// forGGUF returns t for [gguf.Write].
func (t *tensor) forGGUF(ctx context.Context, pool *par.Pool, done func(bytes int64)) gguf.WriteTensor {
	return gguf.WriteTensor{Name: t.name, Type: t.typ, Shape: t.dims(), Data: func(w io.Writer) error {
		return t.writeTo(ctx, counter{w, done}, pool)
	}}
}

// A counter calls done with how much has been written.
type counter struct {
	w    io.Writer
	done func(bytes int64)
}

// Write writes p to the other writer.
func (c counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	if c.done != nil {
		c.done(int64(n))
	}
	return n, err
}
