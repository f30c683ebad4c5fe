package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestGELUMulAgainstFloat64(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	gate, up := make([]float32, 5000), randomFloats(rng, 5000)
	for i := range gate {
		gate[i] = ordinary(rng)
	}
	dst := make([]float32, len(gate))
	generic.geluMul(dst, gate, up)
	for i, v := range gate {
		g := float64(v)
		tanh := math.Tanh(math.Sqrt(2/math.Pi) * (g + 0.044715*g*g*g))
		want := g / 2 * (1 + tanh) * float64(up[i])
		// Where the exponential is large its argument's rounding counts.
		near(t, "GELUMul", i, dst[i], want, math.Abs(g*float64(up[i])), 16)
	}
}

func TestSwiGLUOAIAgainstFloat64(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	gate, up := make([]float32, 3000), make([]float32, 3000)
	for i := range gate {
		gate[i], up[i] = 10*ordinary(rng), 10*ordinary(rng)
	}
	dst := make([]float32, len(gate))
	SwiGLUOAI(dst, gate, up)
	for i := range dst {
		g, u := math.Min(float64(gate[i]), 7), math.Max(-7, math.Min(float64(up[i]), 7))
		want := g / (1 + math.Exp(-1.702*g)) * (u + 1)
		near(t, "SwiGLUOAI", i, dst[i], want, math.Abs(g)*8, 16)
	}
}

func TestTanhAgainstFloat64(t *testing.T) {
	for x := float32(-20); x < 20; x += 1.0 / 128 {
		if d := math.Abs(float64(Tanh(x)) - math.Tanh(float64(x))); d > 2e-7 {
			t.Errorf("Tanh(%g) is %g off", x, d)
		}
	}
	for x, want := range map[float32]float32{float32(math.Inf(1)): 1, float32(math.Inf(-1)): -1, 0: 0} {
		if got := Tanh(x); got != want {
			t.Errorf("Tanh(%g): got %g, want %g", x, got, want)
		}
	}
	x := []float32{-1e9, 3, 1e9}
	Softcap(x, 30)
	for i, want := range []float64{-30, 30 * math.Tanh(0.1), 30} {
		near(t, "Softcap", i, x[i], want, 30, 4)
	}
}

func TestLayerNormAgainstFloat64(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 6))
	for _, n := range []int{1, 2, 15, 16, 17, 100, 768, 4096} {
		x, w, dst := randomFloats(rng, n), randomFloats(rng, n), make([]float32, n)
		mean, variance := 0.0, 0.0
		for _, v := range x {
			mean += float64(v) / float64(n)
		}
		for _, v := range x {
			variance += (float64(v) - mean) * (float64(v) - mean) / float64(n)
		}
		LayerNorm(dst, x, w, 1e-5)
		for i := range dst {
			want := (float64(x[i]) - mean) / math.Sqrt(variance+1e-5) * float64(w[i])
			size := (math.Abs(float64(x[i])) + math.Abs(mean)) / math.Sqrt(variance+1e-5) * math.Abs(float64(w[i]))
			near(t, "LayerNorm", i, dst[i], want, size, sumRoundings(n)+16)
		}
	}
	x := []float32{1, 2, 3}
	LayerNorm(x, x, []float32{1, 1, 1}, 1e-5)
	if x[0] != -x[2] || x[1] != 0 {
		t.Errorf("in place: got %g", x)
	}
}

func TestRoPEHalvesAgainstPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 6))
	for _, n := range []int{1, 7, 8, 16, 20, 32, 48, 64} {
		x, c, s := randomFloats(rng, 2*n), randomFloats(rng, n), randomFloats(rng, n)
		pairs := make([]float32, 2*n)
		for i := range n {
			pairs[2*i], pairs[2*i+1] = x[i], x[n+i]
		}
		generic.rope(pairs, c, s)
		RoPEHalves(x, c, s)
		for i := range n {
			if x[i] != pairs[2*i] || x[n+i] != pairs[2*i+1] {
				t.Errorf("n=%d: pair %d: got %g %g, want %g %g", n, i, x[i], x[n+i], pairs[2*i], pairs[2*i+1])
			}
		}
	}
}
