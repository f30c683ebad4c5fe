package llama

import (
	"fmt"
	"slices"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// A loader reads tensors by name, checks their shapes and keeps the first error.
type loader struct {
	f       *gguf.File
	p       *simd.Pool // nil: only check, read no data
	c       Config
	fam     family
	arena   arena
	relBias []float32       // of the first layer
	budget  int64           // bytes of matrices that may still be repacked
	read    map[string]bool // names of the tensors that have been read
	skipped []string        // tensors that no layer needs
	targets []target        // linears that adapters may change, by id-1
	err     error

	done, total int64 // bytes of the matrices so far, of all tensors
	progress    func(done, total int64)
}

// fail keeps err, about the named tensor, if it is the first.
func (l *loader) fail(name string, err error) {
	if l.err == nil {
		l.err = fmt.Errorf("llama: tensor %q: %w", name, err)
	}
}

// has reports whether the file has the tensor.
func (l *loader) has(name string) bool { return hasTensor(l.f, name) }

// hasTensor reports whether a file has the tensor.
func hasTensor(f *gguf.File, name string) bool {
	_, ok := f.Tensor(name)
	return ok
}

// tensor returns the tensor, which must be present and have the shape, in GGUF's
// order: the length of a row first.
func (l *loader) tensor(name string, shape ...int) *gguf.Tensor {
	if l.err != nil {
		return nil
	}
	t, ok := l.f.Tensor(name)
	if !ok {
		l.fail(name, formatError("missing"))
		return nil
	}
	l.read[name] = true
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

// matrix reads a (rows, cols) tensor.
func (l *loader) matrix(name string, rows, cols int) *simd.Matrix {
	return l.part(l.tensor(name, cols, rows), cols, 0, rows)
}

// part reads rows [lo, hi) of t, whose rows have cols elements.
func (l *loader) part(t *gguf.Tensor, cols, lo, hi int) *simd.Matrix {
	return l.partOf(t, l.data(t), cols, lo, hi)
}

// data returns the bytes of t, nil for a nil t. They are a view of a mapped file,
// or a copy of a file that is not mapped.
func (l *loader) data(t *gguf.Tensor) []byte {
	if t == nil || l.p == nil {
		return nil
	}
	data, err := l.f.Data(t)
	if err != nil {
		l.fail(t.Name, err)
	}
	return data
}

// partOf is part for a tensor whose bytes are data.
func (l *loader) partOf(t *gguf.Tensor, data []byte, cols, lo, hi int) *simd.Matrix {
	if t == nil || l.err != nil {
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
	if l.p == nil {
		return nil
	}
	rowBytes, err := t.Type.RowBytes(cols)
	if err != nil {
		l.fail(t.Name, err)
		return nil
	}
	w := quant.Matrix{Type: t.Type, Rows: hi - lo, Cols: cols, Data: data[lo*rowBytes : hi*rowBytes]}
	make := simd.NewMatrix
	switch {
	case simd.HasFar():
		make = simd.FarMatrix
	case l.budget < int64(len(w.Data)):
		make = simd.ViewMatrix
	}
	m, err := make(l.p, w, l.arena.alloc)
	if err != nil {
		l.fail(t.Name, err)
		return nil
	}
	if m.Copied() {
		l.budget -= int64(len(w.Data))
		l.f.Drop(t)
	}
	if l.done += int64(len(w.Data)); l.progress != nil {
		l.progress(min(l.done, l.total), l.total)
	}
	return m
}

// norm reads name.weight and, if present, name.bias. A family without them has
// ones instead.
func (l *loader) norm(name string, shape ...int) norm {
	if l.fam.plainNorms {
		return l.ones(shape[0])
	}
	n := norm{W: l.vector(name+".weight", shape...)}
	if l.has(name + ".bias") {
		n.Bias = l.vector(name+".bias", shape...)
	}
	return n
}

// ones returns a norm without weights.
func (l *loader) ones(n int) norm {
	if l.p == nil {
		return norm{}
	}
	w := make([]float32, n)
	for i := range w {
		w[i] = 1
	}
	return norm{W: w}
}

// vector reads a small tensor as floats. Its shape is in GGUF's order.
func (l *loader) vector(name string, shape ...int) []float32 {
	t := l.tensor(name, shape...)
	if t == nil {
		return nil
	}
	if !quant.CanDequantize(t.Type) {
		l.fail(name, fmt.Errorf("type %v: %w", t.Type, ErrUnsupported))
		return nil
	}
	if l.p == nil {
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

// factors reads n divisors of frequencies, which must be positive and finite.
func (l *loader) factors(name string, n int) []float32 {
	x := l.vector(name, n)
	for i, v := range x {
		if !(v > 0 && v <= maxFactor) {
			l.fail(name, formatError(fmt.Sprintf("element %d is %g, want a number above 0", i, v)))
			return nil
		}
	}
	return x
}

// maxFactor is the largest divisor of a frequency; files give it to pairs that do
// not rotate.
const maxFactor = 1e30

// scale reads name.scale, (n,), the factor of products with name.weight, or one
// factor for each of n experts; nil if absent. NVFP4 needs it, since its own
// scales reach from 2⁻¹⁰ to 240 only. name.input_scale is for activations in
// NVFP4; it is read and not used.
func (l *loader) scale(name string, n int) []float32 {
	if l.has(name + ".input_scale") {
		l.vector(name+".input_scale", n)
	}
	if !l.has(name + ".scale") {
		return nil
	}
	return l.vector(name+".scale", n)
}

// linear reads name.weight, (rows, cols), and, if present, name.scale and
// name.bias, (rows,).
func (l *loader) linear(name string, rows, cols int) linear {
	return l.rows(name, rows, cols, 0, rows)
}

// rows is linear for rows [lo, hi) of name.weight and name.bias.
func (l *loader) rows(name string, rows, cols, lo, hi int) linear {
	t := l.tensor(name+".weight", cols, rows)
	y := linear{W: l.part(t, cols, lo, hi), Scale: l.scale(name, 1), tensor: name + ".weight", id: l.target(name+".weight", 0, lo, hi-lo, cols)}
	if l.has(name + ".bias") {
		if b := l.vector(name+".bias", rows); b != nil {
			y.Bias = b[lo:hi:hi]
		}
	}
	return y
}

// An expertTensor holds one matrix of every expert: name.weight, (Experts, rows,
// cols), and, if present, name.scale, (Experts,), and name.bias, (Experts, rows).
type expertTensor struct {
	t          *gguf.Tensor
	data       []byte // bytes of t
	rows, cols int
	scale      []float32
	bias       []float32
}

// experts reads the tensor called name, with the data that its n matrices share.
func (l *loader) experts(name string, rows, cols, n int) expertTensor {
	if int64(n)*int64(rows) > maxCount {
		l.fail(name+".weight", formatError(fmt.Sprintf("%d experts of %d rows", n, rows)))
		return expertTensor{}
	}
	e := expertTensor{t: l.tensor(name+".weight", cols, rows, n), rows: rows, cols: cols, scale: l.scale(name, n)}
	e.data = l.data(e.t)
	if l.has(name + ".bias") {
		e.bias = l.vector(name+".bias", rows, n)
	}
	return e
}

// expert reads the matrix of expert i.
func (l *loader) expert(e expertTensor, i int) linear { return l.expertRows(e, i, 0, e.rows) }

// expertRows reads rows [lo, hi) of the matrix of expert i.
func (l *loader) expertRows(e expertTensor, i, lo, hi int) linear {
	if l.err != nil {
		return linear{}
	}
	first := i * e.rows
	y := linear{W: l.partOf(e.t, e.data, e.cols, first+lo, first+hi), tensor: e.t.Name, expert: i, id: l.target(e.t.Name, i, lo, hi-lo, e.cols)}
	if e.scale != nil {
		y.Scale = e.scale[i : i+1 : i+1]
	}
	if e.bias != nil {
		y.Bias = e.bias[first+lo : first+hi : first+hi]
	}
	return y
}
