package sample

// minP keeps the candidates at least MinP times as likely as the best, and
// MinKeep of them in any case. It compares logits: logit ≥ highest + ln(MinP).
func (s *Sampler) minP() {
	if s.p.MinP == 0 {
		return
	}
	floor := s.highest() + s.minLogp
	n := 0
	for i := range s.cands {
		if s.cands[i].logit >= floor {
			n++
		}
	}
	if n < s.p.MinKeep {
		for i := range s.cands {
			s.cands[i].key = s.cands[i].logit
		}
		s.keepBest(func(int, float64) bool { return true })
		return
	}
	kept := s.cands[:0]
	for _, c := range s.cands {
		if c.logit >= floor {
			kept = append(kept, c)
		}
	}
	s.cands = kept
}
