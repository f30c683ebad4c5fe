package sample

// [typical] Meister et al., Locally Typical Sampling, 2022, arXiv:2202.00666

import (
	"math"
	"slices"
)

// typical keeps the candidates whose surprise −ln p is nearest to its
// expectation, the entropy H, until their probabilities add up to more than
// TypicalP [typical].
//
// With Z the normaliser, −ln p = Z − logit and H = Z − Σ p·logit, so that
// |−ln p − H| = |logit − Σ p·logit|: no logarithm is needed, and a
// probability that is zero in float32 does no harm.
func (s *Sampler) typical() {
	p := float64(s.p.TypicalP)
	if p >= 1 {
		return
	}
	s.softmax(1)
	mean := 0.0
	for i := range s.cands {
		mean += float64(float64(s.cands[i].prob) * float64(s.cands[i].logit))
	}
	for i := range s.cands {
		s.cands[i].key = -float32(math.Abs(float64(s.cands[i].logit) - mean))
	}
	s.keepBest(func(_ int, sum float64) bool { return sum > p })
	for i := range s.cands {
		s.cands[i].key = s.cands[i].logit
	}
	slices.SortFunc(s.cands, byKey)
}
