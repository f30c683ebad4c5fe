package llama

import (
	"math"
	"testing"
)

// TestAlibiSlopes wants the slopes of the paper: a power of two of heads, and
// another number of them.
func TestAlibiSlopes(t *testing.T) {
	for heads, powers := range map[int][]float64{
		1: {-8}, 4: {-2, -4, -6, -8},
		12: {-1, -2, -3, -4, -5, -6, -7, -8, -0.5, -1.5, -2.5, -3.5},
	} {
		got := alibiSlopes(heads, maxAlibiBias)
		if len(got) != heads {
			t.Fatalf("%d heads: %d slopes", heads, len(got))
		}
		for h, p := range powers {
			if want := float32(math.Pow(2, p)); math.Abs(float64(got[h]-want)) > 1e-7 {
				t.Errorf("%d heads: slope %d is %g, want %g", heads, h, got[h], want)
			}
		}
	}
}
