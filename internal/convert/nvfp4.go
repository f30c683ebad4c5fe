package convert

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/querent-ai/chord/internal/safetensors"
)

// Matrices of 4-bit floats, two in a byte, with a scale for each group of a row:
// NVFP4 has groups of 16 with scales of E4M3, and one factor for a whole matrix;
// MXFP4 has groups of 32 with powers of two. ModelOpt and compressed-tensors have
// names of their own for them.

// e2m1 are the values of the 4-bit floats.
var e2m1 = [16]float32{0, 0.5, 1, 1.5, 2, 3, 4, 6, float32(math.Copysign(0, -1)), -0.5, -1, -1.5, -2, -3, -4, -6}

// packed says how the elements of a matrix in 4 bits are scaled.
type packed struct {
	codes   []byte        // a scale for each group
	table   *[256]float32 // of the scales
	group   int           // elements of a group
	factors []float32     // of each matrix
	matrix  int           // elements of a matrix
}

// at returns element i of the matrices in data.
func (p *packed) at(data []byte, i int) float32 {
	x := e2m1[data[i/2]>>(4*(i%2))&15]
	return x * p.table[p.codes[i/p.group]] * p.factors[i/p.matrix]
}

// fourBits are the names of the tensors around a matrix of 4-bit floats.
var fourBits = []struct {
	suffix, scale, factor string // after the name without suffix
	inverse               bool   // the factor divides
}{
	{"", "_scale", "_scale_2", false},            // ModelOpt
	{"_packed", "_scale", "_global_scale", true}, // compressed-tensors
}

// findPacked replaces the tensors of 4-bit floats by ones with the shape and the
// name of their matrices.
func (b *builder) findPacked() error {
	for _, name := range slices.Sorted(maps.Keys(b.model)) {
		t := b.model[name]
		if t.DType != safetensors.U8 {
			continue
		}
		for _, n := range fourBits {
			base, ok := strings.CutSuffix(name, n.suffix)
			if !ok || !strings.HasSuffix(base, ".weight") {
				continue
			}
			scales, factor := b.model[base+n.scale], b.model[base+n.factor]
			if scales == nil {
				return fmt.Errorf("convert: tensor %q: %s without %q", name, t.DType, base+n.scale)
			}
			p, err := newPacked(t, scales, factor, n.inverse)
			if err != nil {
				return err
			}
			b.unpack(base, t, p)
			b.isScale[base+n.scale], b.isScale[base+n.factor] = true, true
		}
	}
	return nil
}

// unpack puts a tensor called name with the shape of the matrices in t in its place.
func (b *builder) unpack(name string, t *safetensors.Tensor, p *packed) {
	whole := *t
	whole.Name, whole.Shape = name, slices.Clone(t.Shape)
	whole.Shape[len(whole.Shape)-1] *= 2
	delete(b.model, t.Name)
	b.model[name] = &whole
	b.scalings[&whole] = &scaling{packed: p}
}

// newPacked returns how t is scaled; factor may be nil.
//
// t consists of matrices with two elements in a byte. scales has one for each
// group, factor one for each matrix or one for all.
func newPacked(t, scales, factor *safetensors.Tensor, inverse bool) (*packed, error) {
	wrong := func(u *safetensors.Tensor) error {
		return fmt.Errorf("convert: tensor %q: %s of shape %v, for %q of %s and shape %v", u.Name, u.DType, u.Shape, t.Name, t.DType, t.Shape)
	}
	d := len(t.Shape)
	if d < 2 || len(scales.Shape) != d || !slices.Equal(t.Shape[:d-1], scales.Shape[:d-1]) || t.Len() == 0 {
		return nil, wrong(scales)
	}
	p := &packed{codes: scales.Data, group: 16, table: &e4m3, matrix: 2 * t.Shape[d-2] * t.Shape[d-1]}
	switch scales.DType {
	case safetensors.F8E4M3:
	case safetensors.U8, safetensors.F8E8M0:
		p.group, p.table = 32, &e8m0
	default:
		return nil, wrong(scales)
	}
	if 2*t.Shape[d-1] != p.group*scales.Shape[d-1] {
		return nil, wrong(scales)
	}
	return p, p.setFactors(t.Len()*2/p.matrix, factor, inverse, wrong)
}

// setFactors sets the factors of n matrices.
func (p *packed) setFactors(n int, factor *safetensors.Tensor, inverse bool, wrong func(*safetensors.Tensor) error) error {
	p.factors = slices.Repeat([]float32{1}, n)
	if factor == nil {
		return nil
	}
	decode := decoders[factor.DType]
	if decode == nil || factor.Len() != 1 && factor.Len() != n {
		return wrong(factor)
	}
	x := make([]float32, factor.Len())
	decode(x, factor.Data)
	for i := range p.factors {
		p.factors[i] = x[i%len(x)]
		if inverse {
			p.factors[i] = 1 / p.factors[i]
		}
		if !(p.factors[i] > 0) || math.IsInf(float64(p.factors[i]), 0) {
			return fmt.Errorf("convert: tensor %q: %g, want a number above 0", factor.Name, x[i%len(x)])
		}
	}
	return nil
}
