package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestAbove looks for the first element above a threshold that elements equal, or
// that only the lanes behind the end would pass.
func TestAbove(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, im := range tiers() {
		use(t, im)
		for n := range 70 {
			x := make([]float32, n)
			for i := range x {
				x[i] = -1 - float32(rng.IntN(4))
			}
			for _, limit := range []float32{-6, -4, -3, -2, -1.5, -1, -0.5, 0} {
				where := fmt.Sprintf("impl=%s n=%d above %g", im.name, n, limit)
				if got, want := Above(x, limit), aboveGeneric(x, limit); got != want {
					t.Fatalf("%s: got %d, want %d", where, got, want)
				}
				if n == 0 {
					continue
				}
				for _, at := range []int{n - 1, rng.IntN(n)} { // where others are not
					old := x[at]
					x[at] = 5
					if got, want := Above(x, 4), at; got != want {
						t.Fatalf("%s: element %d is: got %d", where, at, got)
					}
					x[at] = old
				}
			}
		}
	}
}
