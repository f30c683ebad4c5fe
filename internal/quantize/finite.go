package quantize

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/querent-ai/chord/quant"
)

// maxF16 is the largest finite float16.
const maxF16 = 65504

// Narrow sets dst to x in type t, quantised with weights unless nil. It returns the
// index of the first element that is not finite or is beyond the range of t, -1 if
// there is none.
//
// F16 and blocks with float16 scales can overflow. A scale is at most the largest
// magnitude of its block, so that blocks are checked only if x exceeds float16.
func Narrow(dst []byte, t quant.Type, x, weights []float32) int {
	if i := notFinite(x); i >= 0 {
		return i
	}
	narrow(dst, t, x, weights)
	switch t {
	case quant.F32:
		return -1
	case quant.F16, quant.BF16:
		return NotFinite(t, dst)
	}
	if math.Abs(float64(x[largest(x)])) <= maxF16 {
		return -1
	}
	n := t.BlockElems()
	for at := 0; at < len(x); at += n {
		block, w := x[at:at+n], weights
		if w != nil {
			w = w[at : at+n]
		}
		if i := largest(block); overflowed(dst[size(t, at):size(t, at+n)], t, block, w) {
			return at + i
		}
	}
	return -1
}

// narrow sets dst to x in type t.
func narrow(dst []byte, t quant.Type, x, weights []float32) {
	if weights == nil {
		quant.Quantize(dst, t, x)
	} else {
		quant.QuantizeWeighted(dst, t, x, weights)
	}
}

// largest returns the index of the largest magnitude in x.
func largest(x []float32) int {
	at, most := 0, uint32(0)
	for i, v := range x {
		if b := math.Float32bits(v) & 0x7fffffff; b > most { // bits are ordered as magnitudes are
			at, most = i, b
		}
	}
	return at
}

// overflowed reports whether a scale of block, which is x in type t, is infinite or
// limited to the largest float16: then x scaled down gives other quants.
func overflowed(block []byte, t quant.Type, x, weights []float32) bool {
	i := largest(x)
	_, exponent := math.Frexp(float64(x[i]))
	small, y, z := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	for i := range x {
		small[i] = float32(math.Ldexp(float64(x[i]), 10-exponent))
	}
	other := make([]byte, len(block))
	narrow(other, t, small, weights)
	quant.Dequantize(y, t, block)
	quant.Dequantize(z, t, other)
	got, want := float64(y[i]), math.Ldexp(float64(z[i]), exponent-10)
	return !(math.Abs(got-want) <= 0.05*math.Abs(float64(x[i])))
}

// Fault returns the error for element i of a tensor, with value x, for which
// [Narrow] to t returned its index.
func Fault(t quant.Type, i, cols int64, x float32) error {
	at := fmt.Sprintf("element %d of row %d", i%cols, i/cols)
	if x-x != 0 {
		return fmt.Errorf("%s is not a finite number: %g", at, x)
	}
	return fmt.Errorf("%s is %g, which is beyond what %v holds", at, x, t)
}

// finite has, for an 8-byte word of a float type, the mask of all bits but the
// signs, and the number that carries into a sign if the exponent is all ones.
var finite = map[quant.Type]struct{ bits, carry uint64 }{
	quant.F32:  {0x7fffffff_7fffffff, 0x00800000_00800000},
	quant.F16:  {0x7fff7fff_7fff7fff, 0x04000400_04000400},
	quant.BF16: {0x7fff7fff_7fff7fff, 0x00800080_00800080},
}

// NotFinite returns the index of the first infinity or NaN in data, of type F32, F16
// or BF16, -1 if there is none.
func NotFinite(t quant.Type, data []byte) int {
	f, ok := finite[t]
	if !ok {
		panic("quantize: NotFinite: a type with blocks")
	}
	sign, size := ^f.bits, t.BlockBytes()
	at := 0
	for ; at+8 <= len(data); at += 8 {
		if (binary.LittleEndian.Uint64(data[at:])&f.bits+f.carry)&sign != 0 {
			break
		}
	}
	for ; at < len(data); at += size {
		var one [8]byte
		copy(one[:], data[at:at+size])
		if (binary.LittleEndian.Uint64(one[:])&f.bits+f.carry)&sign != 0 {
			return at / size
		}
	}
	return -1
}
