package simd

import "math"

// hadamardBlock returns the largest power of two that divides dim: the length of
// the runs of a head that the Hadamard transform mixes.
func hadamardBlock(dim int) int { return dim & -dim }

// hadamard applies the orthonormal Hadamard transform to every run of n elements
// of x, in place; n is a power of two that divides len(x). Twice is the identity
// but for roundings, and a product of two transformed vectors is that of the
// vectors: an element far from the others, which would make the scale of its
// whole block large, is spread over the run.
//
// First x is scaled, then come the butterflies of strides 1, 2, 4, …, n/2, each
// operation rounded: a fixed order, so that the bits are the same on every tier.
//
//	x *= 1/√n
//	for s := 1; s < n; s *= 2 { x[i], x[i+s] = x[i]+x[i+s], x[i]-x[i+s] }
func hadamard(x []float32, n int) {
	if n < 2 || len(x) == 0 {
		return
	}
	s := float32(1 / math.Sqrt(float64(n)))
	if n < tileRows {
		hadamardGeneric(x, n, s)
		return
	}
	active.hadamard(x, n, s)
}

// hadamardGeneric is [hadamard] with the scale s.
func hadamardGeneric(x []float32, n int, s float32) {
	scaleGeneric(x, s)
	for stride := 1; stride < n; stride *= 2 {
		for lo := 0; lo < len(x); lo += 2 * stride {
			a, b := x[lo:][:stride], x[lo+stride:][:stride]
			for i, v := range a {
				w := b[i]
				a[i], b[i] = v+w, v-w
			}
		}
	}
}
