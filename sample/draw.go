package sample

// draw picks one of the candidates with the probabilities that the temperature
// gives them.
//
// It walks the cumulative sum, in float64 and in the candidates' order, up to
// u·total, u uniform in [0, 1) with 53 bits.
func (s *Sampler) draw() int32 {
	u := float64(s.rng.Uint64()>>11) / (1 << 53)
	if len(s.cands) == 1 {
		return s.cands[0].id
	}
	s.softmax(s.p.Temperature)
	total := 0.0
	for i := range s.cands {
		total += float64(s.cands[i].prob)
	}
	target, sum := u*total, 0.0
	last := 0
	for i := range s.cands {
		if s.cands[i].prob > 0 {
			last = i
		}
		if sum += float64(s.cands[i].prob); sum > target {
			break
		}
	}
	return s.cands[last].id
}
