package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestDistribution compares the counts of many tokens with the probabilities of
// the reference chain, in a chi-square test.
func TestDistribution(t *testing.T) {
	draws := 40000
	for _, p := range []Params{
		{Temperature: 1, TopK: Off, TopP: Off, MinP: Off},
		{Temperature: 0.7},
		{Temperature: 1.5, TopK: 8, TopP: 0.9},
		{Temperature: 2, TopK: Off, TopP: 0.8, MinP: 0.2},
		{Temperature: 0.5, TopK: 12, MinP: Off},
	} {
		t.Run(fmt.Sprintf("temp=%g_k=%d_p=%g_minp=%g", p.Temperature, p.TopK, p.TopP, p.MinP), func(t *testing.T) {
			p.Seed = 7
			s := newSampler(t, p)
			x := randomLogits(rand.New(rand.NewPCG(8, 9)), 30, 1.5, false)
			want := refChain(x, s.p)
			got := map[int32]float64{}
			for range draws {
				got[mustSample(t, s, x)]++
			}
			chi2, cells := 0.0, 0.0
			for _, r := range want {
				e := r.p * float64(draws)
				chi2 += (got[r.id] - e) * (got[r.id] - e) / e
				cells++
				delete(got, r.id)
			}
			if len(got) > 0 {
				t.Errorf("picked tokens that the chain removes: %v", got)
			}
			// Mean cells−1, variance 2(cells−1): five sigma.
			if limit := cells - 1 + 5*math.Sqrt(2*cells); chi2 > limit {
				t.Errorf("chi-square %.1f over %g cells, limit %.1f", chi2, cells, limit)
			}
		})
	}
}

// refChain computes the whole chain without typical-p, for resolved p.
func refChain(x []float32, p Params) []ref {
	list := refs(x)[:min(p.TopK, len(x))]
	list, _ = refTopP(list, float64(p.TopP), 1)
	list, _ = refMinP(list, float64(p.MinP), 1)
	refSoftmax(list, float64(p.Temperature))
	return list
}
