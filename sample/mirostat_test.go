package sample

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestMirostatAlone requires that other stages than temperature have no effect on
// mirostat.
func TestMirostatAlone(t *testing.T) {
	x := randomLogits(rand.New(rand.NewPCG(6, 4)), 300, 3, false)
	for version := 1; version <= 2; version++ {
		a := newSampler(t, Params{Mirostat: version, Seed: 3})
		b := newSampler(t, Params{Mirostat: version, Seed: 3, DynatempRange: 0.5, TopK: 1, XTCProbability: 1, PresencePenalty: 9, Samplers: []string{}})
		c := newSampler(t, Params{Mirostat: version, Seed: 3, Temperature: Greedy})
		for range 30 {
			p, q := mustSample(t, a, x), mustSample(t, b, x)
			if best := mustSample(t, c, x); p != q || best != refs(x)[0].id {
				t.Fatalf("version %d: got %d and %d, greedy %d", version, p, q, best)
			}
			a.Accept(p)
			b.Accept(p)
		}
	}
}

// TestMirostatHoldsSurprise requires that the mean surprise comes to tau, which
// the logits alone would not have.
func TestMirostatHoldsSurprise(t *testing.T) {
	x := randomLogits(rand.New(rand.NewPCG(4, 4)), 2000, 1.2, false) // about 10 bits
	for _, version := range []int{1, 2} {
		for _, tau := range []float32{3, 6} {
			s := newSampler(t, Params{Mirostat: version, MirostatTau: tau, Temperature: 1, Seed: 9})
			sum, n := 0.0, 2000
			for range n {
				mustSample(t, s, x)
				sum -= math.Log2(float64(s.Picked()))
			}
			if got := sum / float64(n); math.Abs(got-float64(tau)) > 0.2 {
				t.Errorf("version %d: mean surprise %.2f, want %g", version, got, tau)
			}
		}
	}
}

// TestAdaptivePForgets requires that only accepted tokens move the target.
func TestAdaptivePForgets(t *testing.T) {
	s := newSampler(t, Params{AdaptiveTarget: 0.5, Seed: 2})
	a := s.picker.(*adaptiveP)
	id := mustSample(t, s, []float32{1, 2, 3})
	weight, sum := a.weight, a.sum
	s.Accept(id + 1)
	if a.weight != weight || a.sum != sum {
		t.Error("another token than the picked one counts")
	}
	id = mustSample(t, s, []float32{1, 2, 3})
	p := a.prob
	if s.Accept(id); math.Abs(a.sum-(p+0.9*sum)) > 1e-6 || math.Abs(a.weight-(1+0.9*weight)) > 1e-6 {
		t.Errorf("sum %g, weight %g", a.sum, a.weight)
	}
	if s.Accept(id); math.Abs(a.sum-(p+0.9*sum)) > 1e-6 {
		t.Error("a token counts twice")
	}
}
