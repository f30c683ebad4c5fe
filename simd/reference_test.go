package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// unit is the relative error of one rounding to float32.
const unit = 0x1p-24

// near fails unless got is within roundings·unit·magnitude of want.
func near(t *testing.T, what string, i int, got float32, want, magnitude, roundings float64) {
	t.Helper()
	if d := math.Abs(float64(got) - want); !(d <= roundings*unit*magnitude) {
		t.Fatalf("%s, element %d: got %g, want %g ± %g", what, i, got, want, roundings*unit*magnitude)
	}
}

// widths are lengths at which generic is compared with float64.
var widths = []int{1, 7, 16, 64, 100, 128, 1000, 4096}

// A sum of n products in 16 lanes and a tree: one rounding for the product, one
// for each of n/16 additions, four for the tree; errors compound a little.
func sumRoundings(n int) float64 { return float64(n)/lanes + 7 }

// reference64 is a product in float64, and Σ |x·y|.
func reference64(x, y []float32) (sum, magnitude float64) {
	for i := range x {
		p := float64(x[i]) * float64(y[i])
		sum += p
		magnitude += math.Abs(p)
	}
	return sum, magnitude
}

func TestDotAgainstFloat64(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 5))
	for _, n := range widths {
		for i := range 5 {
			x, y := randomFloats(rng, n), randomFloats(rng, n)
			want, mag := reference64(x, y)
			near(t, "Dot", i, generic.dot(x, y), want, mag, sumRoundings(n))
		}
	}
}

// The mean's roundings count half, behind the root; six more follow.
func TestRMSNormAgainstFloat64(t *testing.T) {
	use(t, &generic)
	rng := rand.New(rand.NewPCG(3, 5))
	for _, n := range widths {
		x, w, dst := randomFloats(rng, n), randomFloats(rng, n), make([]float32, n)
		const eps = 1e-5
		RMSNorm(dst, x, w, eps)
		ss, _ := reference64(x, x)
		s := 1 / math.Sqrt(ss/float64(n)+eps)
		for i := range x {
			want := float64(x[i]) * s * float64(w[i])
			near(t, "RMSNorm", i, dst[i], want, math.Abs(want), sumRoundings(n)/2+6)
		}
	}
}

// An exponential is 2 ulp = 4 roundings off, and x-max is rounded by up to
// |x-max| units more; so is every term of the sum.
func TestSoftmaxAgainstFloat64(t *testing.T) {
	use(t, &generic)
	rng := rand.New(rand.NewPCG(4, 5))
	for _, n := range widths {
		x := randomFloats(rng, n)
		y := append([]float32{}, x...)
		Softmax(y)
		m, sum := math.Inf(-1), 0.0
		for _, v := range x {
			m = max(m, float64(v))
		}
		for _, v := range x {
			sum += math.Exp(float64(v) - m)
		}
		for i, v := range x {
			want := math.Exp(float64(v)-m) / sum
			near(t, "Softmax", i, y[i], want, want, sumRoundings(n)+16+10)
		}
	}
}

func TestSiLUMulAgainstFloat64(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	gate, up := make([]float32, 5000), randomFloats(rng, 5000)
	for i := range gate {
		gate[i] = ordinary(rng)
	}
	dst := make([]float32, len(gate))
	generic.siluMul(dst, gate, up)
	for i, g := range gate {
		want := float64(g) / (1 + math.Exp(-float64(g))) * float64(up[i])
		near(t, "SiLUMul", i, dst[i], want, math.Abs(want), 8)
	}
}

func TestRoPEAgainstFloat64(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 5))
	x, c, s := randomFloats(rng, 128), randomFloats(rng, 64), randomFloats(rng, 64)
	y := append([]float32{}, x...)
	generic.rope(y, c, s)
	for i := range c {
		a, b, c, s := float64(x[2*i]), float64(x[2*i+1]), float64(c[i]), float64(s[i])
		near(t, "RoPE", 2*i, y[2*i], a*c-b*s, math.Abs(a*c)+math.Abs(b*s), 3)
		near(t, "RoPE", 2*i+1, y[2*i+1], a*s+b*c, math.Abs(a*s)+math.Abs(b*c), 3)
	}
}
