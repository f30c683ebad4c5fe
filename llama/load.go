package llama

import (
	"errors"
	"fmt"
	"slices"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// A loader reads tensors by name, checks their shapes and keeps the first error.
type loader struct {
	f     *gguf.File
	p     *par.Pool
	c     Config
	fam   family
	arena arena
	room  int64 // bytes of matrices that may still be packed
	used  map[string]bool
	err   error
}

// fail keeps err, about the named tensor, if it is the first.
func (l *loader) fail(name string, err error) {
	if l.err == nil {
		l.err = fmt.Errorf("llama: tensor %q: %w", name, err)
	}
}

// has reports whether the file has the tensor.
func (l *loader) has(name string) bool {
	_, ok := l.f.Tensor(name)
	return ok
}

// tensor returns the tensor, which must be there and have the shape, given in
// GGUF's order: the row's length first.
func (l *loader) tensor(name string, shape ...int) *gguf.Tensor {
	if l.err != nil {
		return nil
	}
	t, ok := l.f.Tensor(name)
	if !ok {
		l.fail(name, formatError("missing"))
		return nil
	}
	l.used[name] = true
	got := t.Shape
	for len(got) > len(shape) && got[len(got)-1] == 1 {
		got = got[:len(got)-1]
	}
	if !slices.EqualFunc(got, shape, func(g uint64, w int) bool { return g == uint64(w) }) {
		l.fail(name, formatError(fmt.Sprintf("shape %d, want %d", t.Shape, shape)))
		return nil
	}
	return t
}

// linear reads name.weight, (rows, cols), and name.bias, (rows,), if there is one.
func (l *loader) linear(name string, rows, cols int) linear {
	return l.rows(name, rows, cols, 0, rows)
}

// rows reads rows [lo, hi) of name.weight, (rows, cols), and of name.bias.
func (l *loader) rows(name string, rows, cols, lo, hi int) linear {
	t := l.tensor(name+".weight", cols, rows)
	y := linear{W: l.part(t, cols, lo, hi), tensor: name + ".weight"}
	if l.has(name + ".bias") {
		if b := l.vector(name+".bias", rows); b != nil {
			y.Bias = b[lo:hi:hi]
		}
	}
	return y
}

// expert reads expert e of name.weight, (Experts, rows, cols), and of
// name.bias, (Experts, rows), if there is one.
func (l *loader) expert(name string, e, rows, cols int) linear {
	n := l.c.Experts
	if int64(n)*int64(rows) > maxCount {
		l.fail(name+".weight", formatError(fmt.Sprintf("%d experts of %d rows", n, rows)))
		return linear{}
	}
	t := l.tensor(name+".weight", cols, rows, n)
	y := linear{W: l.part(t, cols, e*rows, (e+1)*rows), tensor: name + ".weight", expert: e}
	if l.has(name + ".bias") {
		if b := l.vector(name+".bias", rows, n); b != nil {
			y.Bias = slices.Clone(b[e*rows : (e+1)*rows])
		}
	}
	return y
}

// matrix reads a (rows, cols) tensor.
func (l *loader) matrix(name string, rows, cols int) *simd.Matrix {
	return l.part(l.tensor(name, cols, rows), cols, 0, rows)
}

// part reads rows [lo, hi) of a tensor with rows of cols elements.
func (l *loader) part(t *gguf.Tensor, cols, lo, hi int) *simd.Matrix {
	if t == nil {
		return nil
	}
	if !simd.CanMultiply(t.Type) {
		l.fail(t.Name, fmt.Errorf("type %v: %w", t.Type, ErrUnsupported))
		return nil
	}
	if _, interleaved := t.Type.Base(); interleaved && lo%tileRows != 0 {
		l.fail(t.Name, formatError(fmt.Sprintf("type %v, but row %d begins another matrix", t.Type, lo)))
		return nil
	}
	data, err := l.f.Data(t)
	if err != nil {
		l.fail(t.Name, err)
		return nil
	}
	rowBytes, err := t.Type.RowBytes(cols)
	if err != nil {
		l.fail(t.Name, err)
		return nil
	}
	w := quant.Matrix{Type: t.Type, Rows: hi - lo, Cols: cols, Data: data[lo*rowBytes : hi*rowBytes]}
	make := simd.NewMatrix
	if l.room < int64(len(w.Data)) {
		make = simd.ViewMatrix
	}
	m, err := make(l.p, w, l.arena.alloc)
	if err != nil {
		l.fail(t.Name, err)
		return nil
	}
	if m.Copied() {
		l.room -= int64(len(w.Data))
		l.f.Drop(t)
	}
	return m
}

// norm reads name.weight and name.bias, if there is one.
func (l *loader) norm(name string, shape ...int) norm {
	n := norm{W: l.vector(name+".weight", shape...)}
	if l.has(name + ".bias") {
		n.Bias = l.vector(name+".bias", shape...)
	}
	return n
}

// vector reads a small tensor of the shape, in GGUF's order, as floats.
func (l *loader) vector(name string, shape ...int) []float32 {
	t := l.tensor(name, shape...)
	if t == nil {
		return nil
	}
	if !quant.CanDequantize(t.Type) {
		l.fail(name, fmt.Errorf("type %v: %w", t.Type, ErrUnsupported))
		return nil
	}
	data, err := l.f.Data(t)
	if err != nil {
		l.fail(name, err)
		return nil
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	x := make([]float32, n)
	quant.Dequantize(x, t.Type, data)
	return x
}

// factors reads n divisors, which must be positive and finite.
func (l *loader) factors(name string, n int) []float32 {
	x := l.vector(name, n)
	for i, v := range x {
		if !(v > 0 && v < maxFactor) {
			l.fail(name, formatError(fmt.Sprintf("element %d is %g, want a number above 0", i, v)))
			return nil
		}
	}
	return x
}

// maxFactor is beyond any divisor of a frequency, and finite.
const maxFactor = 1e30

// An arena is memory off the Go heap: a block for each large matrix, and slabs
// that small ones, such as experts, share.
type arena struct {
	blocks [][]byte
	slab   []byte // what is left of the last
}

// slabBytes is the size of a slab: several huge pages.
const slabBytes = 16 << 20

// alloc returns n bytes that last until free.
func (a *arena) alloc(n int) ([]byte, error) {
	const line = 64
	if n > slabBytes/8 {
		return a.block(n)
	}
	if n > len(a.slab) {
		var err error
		if a.slab, err = a.block(slabBytes); err != nil {
			return nil, err
		}
	}
	b := a.slab[:n:n]
	a.slab = a.slab[min((n+line-1)/line*line, len(a.slab)):]
	return b, nil
}

// block returns a block of n bytes.
func (a *arena) block(n int) ([]byte, error) {
	b, err := mmap.Alloc(n)
	if err == nil {
		a.blocks = append(a.blocks, b)
	}
	return b, err
}

// free gives all memory back.
func (a *arena) free() error {
	var errs []error
	for _, b := range a.blocks {
		errs = append(errs, mmap.Free(b))
	}
	a.blocks = nil
	return errors.Join(errs...)
}
