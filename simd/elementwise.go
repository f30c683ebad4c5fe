package simd

import (
	"math"

	"github.com/querent-ai/chord/quant"
)

// addGeneric is dst[i] += x[i].
func addGeneric(dst, x []float32) {
	for i := range dst {
		dst[i] += x[i]
	}
}

// normScale is 1/sqrt(ss/n + eps), each operation rounded to float32.
func normScale(ss float32, n int, eps float32) float32 {
	mean := ss / float32(n)
	return 1 / float32(math.Sqrt(float64(mean+eps)))
}

// scaleMulGeneric is dst[i] = x[i] * s * w[i].
func scaleMulGeneric(dst, x, w []float32, s float32) {
	for i := range dst {
		dst[i] = float32(x[i]*s) * w[i]
	}
}

// maxGeneric is the largest element of x, -Inf if there is none; NaN is never
// the largest. Which of several zeros of either sign it is depends on the tier.
func maxGeneric(x []float32) float32 {
	m := float32(math.Inf(-1))
	for _, v := range x {
		if v > m {
			m = v
		}
	}
	return m
}

// aboveGeneric returns the index of the first element above t, len(x) if there
// is none.
func aboveGeneric(x []float32, t float32) int {
	for i, v := range x {
		if v > t {
			return i
		}
	}
	return len(x)
}

// expSumGeneric is
//
//	for i := range x { x[i] = Exp(x[i] - m); s[i%16] += x[i] }
//
// followed by tree.
func expSumGeneric(x []float32, m float32) float32 {
	for i, v := range x {
		x[i] = Exp(v - m)
	}
	return sumGeneric(x)
}

// scaleGeneric is x[i] *= s.
func scaleGeneric(x []float32, s float32) {
	for i := range x {
		x[i] *= s
	}
}

// siluMulGeneric is dst[i] = gate[i] / (1 + Exp(-gate[i])) * up[i].
func siluMulGeneric(dst, gate, up []float32) {
	for i, g := range gate {
		dst[i] = float32(g/(1+Exp(-g))) * up[i]
	}
}

// ropeGeneric rotates neighbouring pairs:
//
//	x[2i], x[2i+1] = x[2i]*cos[i] - x[2i+1]*sin[i], x[2i]*sin[i] + x[2i+1]*cos[i]
func ropeGeneric(x, cos, sin []float32) {
	for i, c := range cos {
		s, a, b := sin[i], x[2*i], x[2*i+1]
		x[2*i] = float32(a*c) - float32(b*s)
		x[2*i+1] = float32(a*s) + float32(b*c)
	}
}

// toF16Generic rounds src to f16, ties to even.
func toF16Generic(dst []uint16, src []float32) {
	for i, x := range src {
		dst[i] = quant.F32ToF16(x)
	}
}

// ropeHalvesGeneric rotates pairs of the two halves:
//
//	x[i], x[n+i] = x[i]*cos[i] - x[n+i]*sin[i], x[i]*sin[i] + x[n+i]*cos[i]
func ropeHalvesGeneric(x, cos, sin []float32) {
	lo, hi := x[:len(cos)], x[len(cos):]
	for i, c := range cos {
		s, a, b := sin[i], lo[i], hi[i]
		lo[i] = float32(a*c) - float32(b*s)
		hi[i] = float32(a*s) + float32(b*c)
	}
}

// fromF16Generic is the values of f16.
func fromF16Generic(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = quant.F16ToF32(h)
	}
}
