package convert

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// A tensor is one of the result: views of equal width, one after the other.
type tensor struct {
	name  string
	shape []int // slowest first, as in Hugging Face
	typ   quant.Type
	views []view
	write func(io.Writer) error // instead of views, in typ's own layout
}

// pieceBytes is about how much is converted between two writes.
const pieceBytes = 1 << 20

// alwaysF32 are the tensors that llama.cpp wants in float32 whatever the type.
var alwaysF32 = []string{"ffn_gate_inp.weight", "ffn_gate_inp_shexp.weight", "position_embd.weight", "token_types.weight"}

// setType gives t the type that llama.cpp's converter would: vectors, norms,
// biases and routers are float32, what Q8_0 does not divide is float16.
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

// check errs if t's views are not as many elements as its shape says.
func (t *tensor) check() error {
	want := 1
	for _, d := range t.shape {
		want *= d // of a source's shape, so it fits
	}
	got := 0
	for i := range t.views {
		v := &t.views[i]
		if err := checkFloat(v.src); err != nil {
			return err
		}
		got += v.rows * v.cols
	}
	if t.write == nil && got != want {
		return fmt.Errorf("convert: tensor %q: %d elements, want shape %v", t.name, got, t.shape)
	}
	return nil
}

// writeTo writes t's bytes.
func (t *tensor) writeTo(ctx context.Context, w io.Writer) error {
	if t.write != nil {
		return t.write(w)
	}
	var out []byte
	var x []float32
	for i := range t.views {
		v := &t.views[i]
		if v.cols == 0 {
			continue
		}
		step := max(1, pieceBytes/(4*v.cols))
		for lo := 0; lo < v.rows; lo += step {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			hi := min(lo+step, v.rows)
			out = t.piece(out[:0], &x, v, lo, hi)
			if _, err := w.Write(out); err != nil {
				return err
			}
		}
	}
	return nil
}

// piece appends rows lo to hi of v in t's type; x is memory to work in.
func (t *tensor) piece(out []byte, x *[]float32, v *view, lo, hi int) []byte {
	if v.asIs(t.typ) {
		return v.raw(out, lo, hi)
	}
	n := (hi - lo) * v.cols
	*x = slices.Grow((*x)[:0], n)[:n]
	v.floats(*x, lo, hi)
	size := n / t.typ.BlockElems() * t.typ.BlockBytes()
	out = slices.Grow(out, size)[:size]
	quant.Quantize(out, t.typ, *x)
	return out
}

// forGGUF returns t as gguf writes it.
func (t *tensor) forGGUF(ctx context.Context, done func(bytes int64)) gguf.WriteTensor {
	return gguf.WriteTensor{Name: t.name, Type: t.typ, Shape: t.dims(), Data: func(w io.Writer) error {
		return t.writeTo(ctx, counter{w, done})
	}}
}

// A counter tells how much has been written.
type counter struct {
	w    io.Writer
	done func(bytes int64)
}

// Write writes p on.
func (c counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	if c.done != nil {
		c.done(int64(n))
	}
	return n, err
}
