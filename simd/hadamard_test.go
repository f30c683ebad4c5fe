package simd

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestHadamardBlock(t *testing.T) {
	for dim, want := range map[int]int{1: 1, 8: 8, 13: 1, 40: 8, 64: 64, 80: 16, 96: 32, 128: 128, 512: 512, 576: 64} {
		if got := hadamardBlock(dim); got != want {
			t.Errorf("%d elements: runs of %d, want %d", dim, got, want)
		}
	}
}

// hadamard64 is the transform of one run in float64: element i is Σ ±x[j]/√n,
// minus where i and j have an odd number of bits in common.
func hadamard64(x []float32) (y []float64, magnitude float64) {
	root := math.Sqrt(float64(len(x)))
	for i := range x {
		sum := 0.0
		for j, v := range x {
			sum += float64(v) * float64(1-bits.OnesCount(uint(i&j))%2*2)
		}
		y = append(y, sum/root)
		magnitude += math.Abs(float64(x[i])) / root
	}
	return y, magnitude
}

// An element takes part in a rounding for the scale, which is rounded itself, and
// in one for each stride.
func TestHadamardAgainstFloat64(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for _, im := range tiers() {
		use(t, im)
		for n := 1; n <= 512; n *= 2 {
			x := randomFloats(rng, 3*n)
			y := slices.Clone(x)
			hadamard(y, n)
			for r := range 3 {
				want, magnitude := hadamard64(x[r*n:][:n])
				for i, w := range want {
					near(t, fmt.Sprintf("impl=%s n=%d", im.name, n), i, y[r*n+i], w, magnitude, math.Log2(float64(n))+2)
				}
			}
		}
	}
}

// Products of transformed vectors are those of the vectors, and the transform of
// a transform is the vector.
func TestHadamardOrthonormal(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	for _, im := range tiers() {
		use(t, im)
		for _, dim := range []int{8, 40, 64, 80, 96, 128, 576} {
			x, y := randomFloats(rng, dim), randomFloats(rng, dim)
			x[dim/2] = 30 // far from the others
			n := hadamardBlock(dim)
			roundings := 4*math.Log2(float64(n)) + 8
			want, _ := reference64(x, y)
			xx, _ := reference64(x, x)
			yy, _ := reference64(y, y)
			hx, hy := slices.Clone(x), slices.Clone(y)
			hadamard(hx, n)
			hadamard(hy, n)
			got, _ := reference64(hx, hy)
			if limit := roundings * unit * math.Sqrt(xx*yy) * math.Sqrt(float64(n)); math.Abs(got-want) > limit {
				t.Errorf("impl=%s dim=%d: the product is %g, want %g ± %g", im.name, dim, got, want, limit)
			}
			hadamard(hx, n)
			for i, v := range hx {
				near(t, fmt.Sprintf("twice, impl=%s dim=%d", im.name, dim), i, v, float64(x[i]), 30*math.Sqrt(float64(n)), roundings)
			}
		}
	}
}

// Every tier gives generic's bits, for any numbers, and touches nothing else.
func TestHadamardSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	for _, im := range tiers() {
		for n := tileRows; n <= 1024; n *= 2 {
			for runs := 1; runs <= 3; runs++ {
				for _, number := range numbers {
					for _, m := range append(fences(t), &between{}, &between{off: 1}) {
						x := make([]float32, runs*n)
						for i := range x {
							x[i] = number(rng)
						}
						s := number(rng)
						got := placed(m, x)
						hadamardGeneric(x, n, s)
						im.hadamard(got, n, s)
						m.check(t)
						sameBits(t, fmt.Sprintf("impl=%s n=%d runs=%d", im.name, n, runs), got, x)
					}
				}
			}
		}
	}
}
