package kvcache

// extend allocates memory for n positions, or leaves s as it was.
func (s *Seq) extend(n int) error {
	err := s.writable()
	had := len(s.chunks)
	for err == nil && len(s.chunks) < s.c.chunks(len(s.ids)+n) {
		err = s.grow()
	}
	if err == nil {
		return nil
	}
	s.cut(had)
	if len(s.ids) == 0 {
		s.dropState()
	}
	return err
}

// writable makes s the only holder of the page of the next position and of the
// states, by copying them if needed.
func (s *Seq) writable() error {
	c, offset := s.c, len(s.ids)%s.c.c.Positions
	if offset > 0 {
		at := len(s.ids) / c.c.Positions
		for g, p := range s.chunks[at].pages {
			if p == nil || p.mayWrite(s, offset) {
				continue
			}
			own, err := c.alloc(g, s)
			if err == ErrFull && c.forget(p) {
				continue
			} else if err != nil {
				return err
			}
			copy(own.buf, p.buf)
			c.drop(p)
			s.set(at, g, own)
		}
	}
	for g := range c.c.Groups {
		if c.c.Groups[g].Kind != State || s.state[g] != nil && s.state[g].refs == 1 {
			continue
		}
		own, err := c.alloc(g, s)
		if err != nil {
			return err
		}
		if s.state[g] == nil {
			clear(own.buf)
		} else {
			copy(own.buf, s.state[g].buf)
		}
		c.drop(s.state[g])
		s.state[g] = own
	}
	return nil
}

// grow adds a chunk.
func (s *Seq) grow() error {
	pages := make([]*page, len(s.c.c.Groups))
	for g := range pages {
		if s.c.c.Groups[g].Kind == State {
			continue
		}
		p, err := s.c.alloc(g, s)
		if err != nil {
			for _, p := range pages {
				s.c.drop(p)
			}
			return err
		}
		pages[g] = p
	}
	s.append(pages, nil)
	return nil
}

// append adds a chunk of pages that s already holds.
func (s *Seq) append(pages []*page, n *node) {
	s.chunks = append(s.chunks, chunk{pages, n})
	for g, p := range pages {
		var buf []byte
		if p != nil {
			buf = p.buf
		}
		s.bufs[g] = append(s.bufs[g], buf)
	}
}

// set puts a page, or nil, into a chunk. It releases nothing.
func (s *Seq) set(at, group int, p *page) {
	s.chunks[at].pages[group], s.bufs[group][at] = p, nil
	if p != nil {
		s.bufs[group][at] = p.buf
	}
}

// cut drops all chunks but the first n.
func (s *Seq) cut(n int) {
	for i := n; i < len(s.chunks); i++ {
		for _, p := range s.chunks[i].pages {
			s.c.drop(p)
		}
		s.leave(i)
		s.chunks[i] = chunk{}
	}
	if n < len(s.chunks) {
		s.chunks = s.chunks[:n]
		for g := range s.bufs {
			clear(s.bufs[g][n:])
			s.bufs[g] = s.bufs[g][:n]
		}
	}
}

// leave ends a chunk's reference to its node.
func (s *Seq) leave(at int) {
	if n := s.chunks[at].node; n != nil {
		n.users--
		s.chunks[at].node = nil
	}
}
