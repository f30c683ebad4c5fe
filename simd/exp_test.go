package simd

import (
	"math"
	"testing"
)

// Bits of the ends of Exp's range.
var (
	expLoBits = math.Float32bits(expLo)
	expHiBits = math.Float32bits(expHi)
)

// expStride leaves some two million numbers of Exp's range, and some half a
// million for a short test.
func expStride() uint32 {
	if testing.Short() {
		return 4099
	}
	return 1021
}

// Exp is within 2 ulp of the exact value in all of its range.
func TestExpAgainstFloat64(t *testing.T) {
	worst, at := 0.0, float32(0)
	check := func(bits uint32) {
		x := math.Float32frombits(bits)
		want := math.Exp(float64(x))
		ulp := math.Ldexp(1, math.Ilogb(want)-23)
		if d := math.Abs(float64(Exp(x))-want) / ulp; d > worst {
			worst, at = d, x
		}
	}
	for b := uint32(0); b <= expHiBits; b += expStride() {
		check(b)
	}
	for b := uint32(1 << 31); b <= expLoBits; b += expStride() {
		check(b)
	}
	check(expHiBits)
	check(expLoBits)
	if worst > 2 {
		t.Errorf("Exp(%g) is %g ulp off", at, worst)
	}
	t.Logf("at most %.3f ulp, at %g", worst, at)
}

func TestExpSpecials(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct{ x, want float32 }{
		{0, 1}, {float32(math.Copysign(0, -1)), 1}, {1e-30, 1}, {-1e-30, 1}, {math.SmallestNonzeroFloat32, 1},
		{math.Nextafter32(expHi, inf), inf}, {100, inf}, {math.MaxFloat32, inf}, {inf, inf},
		{math.Nextafter32(expLo, -inf), 0}, {-100, 0}, {-math.MaxFloat32, 0}, {-inf, 0}, {nan, nan},
	} {
		if got := Exp(c.x); !equal(got, c.want) {
			t.Errorf("Exp(%g): got %g, want %g", c.x, got, c.want)
		}
	}
}

// The exponentials in the tiers' kernels are Exp, for numbers of all bits.
func TestExpSumIsExp(t *testing.T) {
	for _, im := range tiers() {
		t.Run("impl="+im.name, func(t *testing.T) {
			x, y := make([]float32, 4096), make([]float32, 4096)
			bits := uint32(0)
			for range (1 << 32 / uint64(expStride())) / 4096 / 4 {
				for i := range x {
					x[i] = math.Float32frombits(bits)
					bits += 4*expStride() + 1
				}
				copy(y, x)
				im.expSum(y, 0)
				for i, v := range y {
					if want := Exp(x[i]); !equal(v, want) {
						t.Fatalf("exp(%g): got %g, want %g", x[i], v, want)
					}
				}
			}
		})
	}
}
