package simd

import (
	"math"

	"github.com/querent-ai/chord/quant"
)

// lanes is how many partial sums every reduction keeps: element i belongs to
// lane i mod 16, whatever the width of the vectors that do the work.
const lanes = 16

// tree adds up the lanes: l and l+8, then l and l+4, l+2, l+1.
func tree(s *[lanes]float32) float32 {
	for h := lanes / 2; h > 0; h /= 2 {
		for l := range h {
			s[l] += s[l+h]
		}
	}
	return s[0]
}

// dotGeneric is
//
//	for i := range x { s[i%16] += x[i] * y[i] }
//
// followed by tree. Two passes of eight lanes keep the sums in registers.
func dotGeneric(x, y []float32) float32 {
	var s [lanes]float32
	n := len(x) &^ (lanes - 1)
	dot8(s[:8], x[:n], y[:n])
	if n > 0 {
		dot8(s[8:], x[8:n], y[8:n])
	}
	for i := n; i < len(x); i++ {
		s[i-n] += float32(x[i] * y[i])
	}
	return tree(&s)
}

// dot8 adds the products of the first eight of every sixteen elements to s.
func dot8(s, x, y []float32) {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(x) >= 8 && len(y) >= 8 {
		s0 += float32(x[0] * y[0])
		s1 += float32(x[1] * y[1])
		s2 += float32(x[2] * y[2])
		s3 += float32(x[3] * y[3])
		s4 += float32(x[4] * y[4])
		s5 += float32(x[5] * y[5])
		s6 += float32(x[6] * y[6])
		s7 += float32(x[7] * y[7])
		if len(x) < lanes || len(y) < lanes {
			break
		}
		x, y = x[lanes:], y[lanes:]
	}
	s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7] = s0, s1, s2, s3, s4, s5, s6, s7
}

// sumGeneric is the sum of x, lanes and tree.
func sumGeneric(x []float32) float32 {
	var s [lanes]float32
	for len(x) >= lanes {
		for l, v := range x[:lanes] {
			s[l] += v
		}
		x = x[lanes:]
	}
	for l, v := range x {
		s[l] += v
	}
	return tree(&s)
}

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

// mulAddGeneric is dst[i] += x[i] * w[i], the product rounded before.
func mulAddGeneric(dst, x, w []float32) {
	for i := range dst {
		dst[i] += float32(x[i] * w[i])
	}
}

// axpyGeneric is dst[i] += a * x[i], the product rounded before.
func axpyGeneric(dst, x []float32, a float32) {
	for i := range dst {
		dst[i] += float32(a * x[i])
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
