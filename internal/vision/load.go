package vision

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// A linear is a matrix and the bias of its product.
type linear struct {
	W    *simd.Matrix
	Bias []float32 // (rows,) or nil
}

// A norm is the weights and the bias of a layer norm.
type norm struct {
	W, Bias []float32 // (cols,); Bias may be nil
}

// A blk is a layer of the tower.
type blk struct {
	LN1, LN2            norm   // ln1, ln2
	AttnQ, AttnK, AttnV linear // attn_q, attn_k, attn_v, (Dim, Dim)
	AttnOut             linear // attn_out, (Dim, Dim)
	FFNGate             linear // ffn_gate, (HiddenDim, Dim), or none
	FFNUp               linear // ffn_up, (HiddenDim, Dim)
	FFNDown             linear // ffn_down, (Dim, HiddenDim)
}

// weights are the tensors of a file.
type weights struct {
	PatchEmbd    linear    // v.patch_embd, (Dim, 3·Patch·Patch)
	PositionEmbd []float32 // v.position_embd, (patches, Dim), or none
	PreLN        norm      // v.pre_ln, or none
	Blk          []blk
	PostLN       norm // v.post_ln, or none

	Proj     linear // mm.input_projection, (OutDim, Dim)
	ProjNorm norm   // mm.soft_emb_norm, mm.input_norm, (Dim,)

	Merger   linear    // mm.patch_merger, (Dim, Dim·Merge·Merge), or none
	MM1, MM2 linear    // mm.1, (OutDim, Dim); mm.2, (OutDim, OutDim)
	Break    []float32 // v.token_embd.img_break, (OutDim,)
}

// A loader reads tensors by name, checks their shapes and keeps the first error.
type loader struct {
	f     *gguf.File
	p     *simd.Pool
	c     *Config
	alloc func(n int) ([]byte, error)
	err   error
}

// bad keeps an error about a tensor if it is the first.
func (l *loader) bad(name, format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("vision: tensor %q: %w: %w", name, fmt.Errorf(format, args...), gguf.ErrFormat)
	}
}

// has reports whether the file has the tensor.
func (l *loader) has(name string) bool {
	_, ok := l.f.Tensor(name)
	return ok
}

// tensor returns the tensor, which must have the shape, in GGUF's order, and its
// bytes.
func (l *loader) tensor(name string, shape ...int) (*gguf.Tensor, []byte) {
	if l.err != nil {
		return nil, nil
	}
	t, ok := l.f.Tensor(name)
	if !ok {
		l.bad(name, "missing")
		return nil, nil
	}
	got := t.Shape
	for len(got) > len(shape) && got[len(got)-1] == 1 {
		got = got[:len(got)-1]
	}
	if !slices.EqualFunc(got, shape, func(g uint64, w int) bool { return g == uint64(w) }) {
		l.bad(name, "shape %d, want %d", t.Shape, shape)
		return nil, nil
	}
	data, err := l.f.Data(t)
	if err != nil {
		l.bad(name, "%w", err)
		return nil, nil
	}
	return t, data
}

// floats returns the elements of a tensor.
func (l *loader) floats(name string, shape ...int) []float32 {
	t, data := l.tensor(name, shape...)
	if t == nil {
		return nil
	}
	if !quant.CanDequantize(t.Type) {
		l.bad(name, "type %v: %w", t.Type, ErrUnsupported)
		return nil
	}
	x := make([]float32, t.Elems())
	quant.Dequantize(x, t.Type, data)
	return x
}

// matrix returns a matrix whose tensor has the shape; the last number are the rows.
func (l *loader) matrix(name string, shape ...int) *simd.Matrix {
	t, data := l.tensor(name, shape...)
	if t == nil {
		return nil
	}
	rows := shape[len(shape)-1]
	return l.packed(name, quant.Matrix{Type: t.Type, Rows: rows, Cols: int(t.Elems()) / rows, Data: data})
}

// packed makes w ready for products.
func (l *loader) packed(name string, w quant.Matrix) *simd.Matrix {
	if l.err != nil {
		return nil
	}
	if !simd.CanMultiply(w.Type) {
		l.bad(name, "type %v: %w", w.Type, ErrUnsupported)
		return nil
	}
	m, err := simd.NewMatrix(l.p, w, l.alloc)
	if err != nil {
		l.bad(name, "%w", err)
	}
	return m
}

// linear returns the matrix name.weight, (rows, cols), and name.bias if there is one.
func (l *loader) linear(name string, rows, cols int) linear {
	return linear{l.matrix(name+".weight", cols, rows), l.bias(name, rows)}
}

// bias returns name.bias if there is one.
func (l *loader) bias(name string, n int) []float32 {
	if !l.has(name + ".bias") {
		return nil
	}
	return l.floats(name+".bias", n)
}

// norm returns name.weight and name.bias, (n,).
func (l *loader) norm(name string, n int) norm {
	return norm{l.floats(name+".weight", n), l.bias(name, n)}
}

// optionalNorm is norm for one that may be missing.
func (l *loader) optionalNorm(name string, n int) norm {
	if !l.has(name + ".weight") {
		return norm{}
	}
	return l.norm(name, n)
}

// tower reads the tensors of the tower.
func (l *loader) tower(w *weights) {
	c := l.c
	w.PatchEmbd = linear{l.matrix("v.patch_embd.weight", c.Patch, c.Patch, 3, c.Dim), l.bias("v.patch_embd", c.Dim)}
	if c.kind.rope == 0 {
		side := c.Size / c.Patch
		w.PositionEmbd = l.floats("v.position_embd.weight", c.Dim, side*side)
	}
	w.PreLN = l.optionalNorm("v.pre_ln", c.Dim)
	w.PostLN = l.optionalNorm("v.post_ln", c.Dim)
	for i := 0; i < c.Layers && l.err == nil; i++ {
		w.Blk = append(w.Blk, l.blk(fmt.Sprintf("v.blk.%d.", i)))
	}
}

// blk reads a layer.
func (l *loader) blk(prefix string) blk {
	d, hidden := l.c.Dim, l.c.HiddenDim
	b := blk{LN1: l.norm(prefix+"ln1", d), LN2: l.norm(prefix+"ln2", d)}
	b.AttnQ, b.AttnK, b.AttnV = l.linear(prefix+"attn_q", d, d), l.linear(prefix+"attn_k", d, d), l.linear(prefix+"attn_v", d, d)
	b.AttnOut = l.linear(prefix+"attn_out", d, d)
	up, down := prefix+"ffn_up", prefix+"ffn_down"
	if l.c.kind.swaps && l.swapped(down) {
		up, down = down, up
	}
	if l.has(prefix + "ffn_gate.weight") {
		b.FFNGate = l.linear(prefix+"ffn_gate", hidden, d)
	}
	b.FFNUp, b.FFNDown = l.linear(up, hidden, d), l.linear(down, d, hidden)
	return b
}

// swapped reports whether ffn_down is the matrix that comes first: old converters
// have named them so.
func (l *loader) swapped(down string) bool {
	t, ok := l.f.Tensor(down + ".weight")
	return ok && len(t.Shape) == 2 && t.Shape[0] == uint64(l.c.Dim) && t.Shape[1] == uint64(l.c.HiddenDim)
}

// appendFloat appends the bytes of a float32 in the order of files.
func appendFloat(b []byte, x float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
}
