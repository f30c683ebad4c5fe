package simd

import (
	"encoding/binary"
	"math"
	"slices"
	"unsafe"

	"github.com/querent-ai/chord/quant"
)

// The functions below are not inlined: assembly, and the frame through which a
// function value enters it, have no stack check, and without one the garbage
// collector cannot stop a loop of such calls.

// Dot returns Σ x[i]·y[i], summed in 16 lanes (element i in lane i mod 16, in
// order) that are added up as a tree. It panics if the lengths differ.
//
//go:noinline
func Dot(x, y []float32) float32 {
	checkLen("Dot", len(x), len(y))
	return active.dot(x, y)
}

// Add sets dst[i] += x[i]. It panics if the lengths differ.
//
//go:noinline
func Add(dst, x []float32) {
	checkLen("Add", len(dst), len(x))
	active.add(dst, x)
}

// RMSNorm sets dst[i] = x[i] / sqrt(mean(x²) + eps) · w[i]; dst may be x. All
// have the same length, else it panics. [rmsnorm] Zhang, Sennrich, Root Mean
// Square Layer Normalization, 2019, arXiv:1910.07467.
//
//go:noinline
func RMSNorm(dst, x, w []float32, eps float32) {
	checkLen("RMSNorm", len(dst), len(x))
	checkLen("RMSNorm", len(dst), len(w))
	active.scaleMul(dst, x, w, normScale(active.dot(x, x), len(x), eps))
}

// LayerNorm sets dst[i] = (x[i] - mean(x)) / sqrt(variance(x) + eps) · w[i]; dst
// may be x. Sums are taken in 16 lanes and a tree. All have the same length,
// else it panics. [layernorm] Ba, Kiros, Hinton, Layer Normalization, 2016,
// arXiv:1607.06450.
//
//go:noinline
func LayerNorm(dst, x, w []float32, eps float32) {
	checkLen("LayerNorm", len(dst), len(x))
	checkLen("LayerNorm", len(dst), len(w))
	if len(x) == 0 {
		return
	}
	mean := sumGeneric(x) / float32(len(x))
	for i, v := range x {
		dst[i] = v - mean
	}
	active.scaleMul(dst, dst, w, normScale(active.dot(dst, dst), len(x), eps))
}

// Softmax sets x[i] = exp(x[i]-max) / Σ exp(x[j]-max), in place; the sum is
// taken in 16 lanes and a tree. With NaN in x every result is unspecified.
//
//go:noinline
func Softmax(x []float32) {
	if len(x) == 0 {
		return
	}
	sum := active.expSum(x, active.max(x))
	active.scale(x, 1/sum)
}

// ExpSum sets x[i] = exp(x[i]-m) and returns their sum, taken in 16 lanes and a
// tree.
//
//go:noinline
func ExpSum(x []float32, m float32) float32 { return active.expSum(x, m) }

// SiLUMul sets dst[i] = gate[i]/(1+exp(-gate[i])) · up[i]; dst may be gate or
// up. It panics if the lengths differ.
//
//go:noinline
func SiLUMul(dst, gate, up []float32) {
	checkLen("SiLUMul", len(dst), len(gate))
	checkLen("SiLUMul", len(dst), len(up))
	active.siluMul(dst, gate, up)
}

// Scale sets x[i] *= s.
//
//go:noinline
func Scale(x []float32, s float32) { active.scale(x, s) }

// RoPE rotates the neighbouring pairs of one head in place:
//
//	x[2i], x[2i+1] = x[2i]·cos[i] - x[2i+1]·sin[i], x[2i]·sin[i] + x[2i+1]·cos[i]
//
// x is (2·len(cos),); it panics otherwise. [rope] Su et al., RoFormer, 2021,
// arXiv:2104.09864.
//
//go:noinline
func RoPE(x, cos, sin []float32) {
	checkLen("RoPE", len(x), 2*len(cos))
	checkLen("RoPE", len(cos), len(sin))
	active.rope(x, cos, sin)
}

// RoPEHalves rotates the pairs of one head's two halves in place, n = len(cos):
//
//	x[i], x[n+i] = x[i]·cos[i] - x[n+i]·sin[i], x[i]·sin[i] + x[n+i]·cos[i]
//
// x is (2·len(cos),); it panics otherwise.
//
//go:noinline
func RoPEHalves(x, cos, sin []float32) {
	checkLen("RoPEHalves", len(x), 2*len(cos))
	checkLen("RoPEHalves", len(cos), len(sin))
	active.ropeHalves(x, cos, sin)
}

// ToF16 sets dst[i] to src[i] rounded to f16, ties to even. It panics if the
// lengths differ.
//
//go:noinline
func ToF16(dst []uint16, src []float32) {
	checkLen("ToF16", len(dst), len(src))
	active.toF16(dst, src)
}

// FromF16 sets dst[i] to the value of the f16 src[i], exactly. It panics if the
// lengths differ.
//
//go:noinline
func FromF16(dst []float32, src []uint16) {
	checkLen("FromF16", len(dst), len(src))
	active.fromF16(dst, src)
}

// littleEndian is whether this machine's numbers lie as files have them.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// Dequantize sets dst to the values of src, which holds len(dst) elements of
// type t, as [quant.Dequantize] does, and panics as it does.
//
//go:noinline
func Dequantize(dst []float32, t quant.Type, src []byte) {
	even := len(src) > 0 && uintptr(unsafe.Pointer(&src[0]))%2 == 0
	if t == quant.F16 && even && littleEndian && len(src) == 2*len(dst) {
		active.fromF16(dst, at[uint16](&src[0], 0, len(dst)))
		return
	}
	quant.Dequantize(dst, t, src)
}

// Argmax returns the lowest index of the largest element of x; NaN is never
// the largest. It is 0 for an empty x and one of NaN alone.
func Argmax(x []float32) int {
	const block = 1024
	first, m := 0, float32(math.Inf(-1))
	for lo := 0; lo < len(x); lo += block {
		if v := active.max(x[lo:min(lo+block, len(x))]); v > m {
			first, m = lo, v
		}
	}
	if below := math.Nextafter32(m, float32(math.Inf(-1))); below < m {
		return first + Above(x[first:], below)
	}
	return max(0, slices.Index(x, m)) // -Inf, or NaN alone
}

// Above returns the lowest index of an element of x that is above t, len(x) if
// there is none. NaN is not above anything, nor anything above NaN.
//
//go:noinline
func Above(x []float32, t float32) int { return active.above(x, t) }

// checkLen panics, in the name of function fn, if two lengths differ.
func checkLen(fn string, a, b int) {
	if a != b {
		panic("simd: " + fn + ": lengths do not fit")
	}
}
