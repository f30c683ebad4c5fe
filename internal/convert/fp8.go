package convert

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/querent-ai/chord/internal/safetensors"
)

// A scaling has the factors of weights of 8-bit floats: a number for each block of a
// matrix. A block may be the whole matrix or a row.
type scaling struct {
	values               []float32
	rows, cols           int // of a matrix of the weights
	blockRows, blockCols int
	down, across         int // blocks of a matrix

	packed *packed // of 4-bit floats, with none of the others; or nil
}

// at returns the factor of element i of the weights, and for how many elements from
// i on it is the same.
func (s *scaling) at(i int) (scale float32, n int) {
	matrix, row, col := i/(s.rows*s.cols), i/s.cols%s.rows, i%s.cols
	block := (matrix*s.down+row/s.blockRows)*s.across + col/s.blockCols
	return s.values[block], min(s.blockCols-col%s.blockCols, s.cols-col)
}

// scaleNames are the suffixes of a tensor's name for its scales. Scales called
// inverse are factors too.
var scaleNames = []string{"_scale_inv", "_scale"}

// activationScales are the suffixes of scales of 8-bit activations and caches, which
// are not used here.
var activationScales = []string{".input_scale", ".input_global_scale", ".activation_scale", ".output_scale", ".q_scale", ".k_scale", ".v_scale", ".kv_scale"}

// findScales finds the scales of all tensors of 8-bit floats, which are not tensors
// of the result.
func (b *builder) findScales() error {
	b.scalings, b.isScale = map[*safetensors.Tensor]*scaling{}, map[string]bool{}
	if err := b.findPacked(); err != nil {
		return err
	}
	quantised := len(b.c.object("quantization_config").values) > 0
	for name, t := range b.model {
		for _, suffix := range activationScales {
			b.isScale[name] = b.isScale[name] || quantised && strings.HasSuffix(name, suffix)
		}
		if b.isScale[name] || t.DType != safetensors.F8E4M3 && t.DType != safetensors.F8E5M2 {
			continue
		}
		scales := b.scalesOf(name)
		if scales == nil {
			if quantised {
				return fmt.Errorf("convert: tensor %q: %s without %s%s", name, t.DType, name, strings.Join(scaleNames, " or "+name))
			}
			continue
		}
		s, err := newScaling(t, scales, b.blockSize())
		if err != nil {
			return err
		}
		b.scalings[t] = s
	}
	return nil
}

// scalesOf returns the scales of the tensor called name, nil if it has none.
func (b *builder) scalesOf(name string) *safetensors.Tensor {
	for _, suffix := range scaleNames {
		if t := b.model[name+suffix]; t != nil {
			b.isScale[t.Name] = true
			return t
		}
	}
	return nil
}

// blockSize returns the rows and columns of a block.
func (b *builder) blockSize() [2]int {
	size := b.c.object("quantization_config").reals("weight_block_size")
	if len(size) != 2 || size[0] < 1 || size[1] < 1 || size[0] > maxCount || size[1] > maxCount {
		return [2]int{128, 128} // that of DeepSeek, which others use too
	}
	return [2]int{int(size[0]), int(size[1])}
}

// newScaling returns how t is scaled.
//
// t consists of matrices of (rows, cols). For each of them, scales has one number,
// one a row, or one a block; blocks at the ends may be smaller.
func newScaling(t, scales *safetensors.Tensor, block [2]int) (*scaling, error) {
	d := len(t.Shape)
	decode := decoders[scales.DType]
	if d < 2 || decode == nil || t.Len() == 0 {
		return nil, fmt.Errorf("convert: tensor %q: %s of shape %v, with scales of %s", t.Name, t.DType, t.Shape, scales.DType)
	}
	s := &scaling{rows: t.Shape[d-2], cols: t.Shape[d-1]}
	outer := slices.Clone(t.Shape[:d-2])
	matrices := t.Len() / (s.rows * s.cols)
	ceil := func(n, by int) int { return (n-1)/by + 1 }
	down, across := ceil(s.rows, block[0]), ceil(s.cols, block[1])
	has := func(more ...int) bool { // whether this is the shape of scales without ones at its end
		return slices.Equal(trimOnes(scales.Shape), trimOnes(append(slices.Clone(outer), more...)))
	}
	switch {
	case scales.Len() == matrices && has():
		s.blockRows, s.blockCols, s.down, s.across = s.rows, s.cols, 1, 1
	case has(down, across):
		s.blockRows, s.blockCols, s.down, s.across = block[0], block[1], down, across
	case has(s.rows):
		s.blockRows, s.blockCols, s.down, s.across = 1, s.cols, s.rows, 1
	default:
		return nil, fmt.Errorf("convert: tensor %q: shape %v, want one number, one a row or one a block of %v for shape %v", scales.Name, scales.Shape, block, t.Shape)
	}
	s.values = make([]float32, scales.Len())
	decode(s.values, scales.Data)
	return s, nil
}

// trimOnes removes the ones at the end of a shape.
func trimOnes(shape []int) []int {
	for len(shape) > 0 && shape[len(shape)-1] == 1 {
		shape = shape[:len(shape)-1]
	}
	return shape
}

// The values of the 8-bit floats.
var e4m3, e5m2, e8m0 = tables()

// tables computes them. E4M3 has no infinities and two NaNs, E5M2 is the upper
// half of a float16, E8M0 a power of two.
func tables() (e4m3, e5m2, e8m0 [256]float32) {
	for i := range 256 {
		sign, exponent, mantissa := 1-2*float64(i>>7), i>>3&15, float64(i&7)
		switch {
		case i&0x7f == 0x7f:
			e4m3[i] = float32(math.NaN())
		case exponent == 0:
			e4m3[i] = float32(sign * math.Ldexp(mantissa, -9))
		default:
			e4m3[i] = float32(sign * math.Ldexp(8+mantissa, exponent-10))
		}
		exponent, mantissa = i>>2&31, float64(i&3)
		switch {
		case exponent == 31 && mantissa == 0:
			e5m2[i] = float32(math.Inf(int(sign)))
		case exponent == 31:
			e5m2[i] = float32(math.NaN())
		case exponent == 0:
			e5m2[i] = float32(sign * math.Ldexp(mantissa, -16))
		default:
			e5m2[i] = float32(sign * math.Ldexp(4+mantissa, exponent-17))
		}
		e8m0[i] = float32(math.Ldexp(1, i-127))
	}
	e8m0[255] = float32(math.NaN())
	return e4m3, e5m2, e8m0
}

// byTable returns a decoder that looks values up in a table.
func byTable(table *[256]float32) func(dst []float32, src []byte) {
	return func(dst []float32, src []byte) {
		for i, b := range src[:len(dst)] {
			dst[i] = table[b]
		}
	}
}
