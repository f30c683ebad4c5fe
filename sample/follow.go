package sample

// Follow makes s draw the random numbers that t will draw next, so that s samples what
// t would from nearly the same logits.
func (s *Sampler) Follow(t *Sampler) { s.c.rng = t.c.rng }
