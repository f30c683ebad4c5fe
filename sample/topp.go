package sample

// topP keeps the most likely candidates, best first, until their
// probabilities add up to TopP or more.
func (s *Sampler) topP() {
	p := float64(s.p.TopP)
	if p >= 1 {
		return
	}
	s.softmax(1)
	for i := range s.cands {
		s.cands[i].key = s.cands[i].logit
	}
	s.keepBest(func(_ int, sum float64) bool { return sum >= p })
}
