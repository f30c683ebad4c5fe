package kvcache

// Mark keeps a copy of the recurrent states at the end of s, so that a Rewind to an
// end after it needs no earlier checkpoint: for positions that may be dropped again
// at once, such as drafts. It holds until the next Mark or Rewind; forks and the
// tree do not get it. It reports false, and keeps nothing, if there is no memory.
// Without recurrent states there is nothing to keep.
func (s *Seq) Mark() bool {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	s.unmark()
	if !c.states || c.closed || s.closed || len(s.ids) == 0 {
		return true
	}
	if s.extended > 0 {
		return false // a pass may have changed the state
	}
	pages := make([]*page, len(s.state))
	for g, p := range s.state {
		if p == nil {
			continue
		}
		own, err := c.alloc(g, s)
		if err != nil {
			for _, p := range pages {
				c.drop(p)
			}
			return false
		}
		copy(own.buf, p.buf)
		pages[g] = own
	}
	s.mark = check{len(s.ids), pages}
	return true
}

// unmark releases what Mark has kept.
func (s *Seq) unmark() {
	for _, p := range s.mark.pages {
		s.c.drop(p)
	}
	s.mark = check{}
}

// marked returns the checkpoints of s with that of Mark.
func (s *Seq) marked() []check {
	if s.mark.pages == nil {
		return s.checks
	}
	return append(s.checks[:len(s.checks):len(s.checks)], s.mark)
}
