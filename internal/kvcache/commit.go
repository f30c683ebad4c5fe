package kvcache

import "slices"

// A check is a checkpoint: the recurrent states after an earlier position.
type check struct {
	at    int
	pages []*page // by group
}

// join makes a full chunk a node of the tree. If another sequence has already
// put the same pages there, s takes those instead of its own.
func (s *Seq) join(at int) {
	c := s.c
	parent := s.parent(at)
	if parent == nil || s.chunks[at].node != nil {
		return
	}
	ids := s.ids[at*c.c.Positions : (at+1)*c.c.Positions]
	n := c.insert(parent, ids, s.chunks[at].pages)
	n.users++
	s.chunks[at].node = n
	for g, p := range n.pages {
		if own := s.chunks[at].pages[g]; p != nil && own != nil && p != own {
			c.drop(own)
			s.set(at, g, c.hold(p))
		}
	}
}

// parent returns the node before a chunk, or nil if it is not in the tree.
func (s *Seq) parent(at int) *node {
	switch {
	case s.c.c.NoPrefix || s.private:
		return nil
	case at == 0:
		return s.c.root(s.salt)
	}
	return s.chunks[at-1].node
}

// forgetWindows drops the pages further behind their windows than Rewind may go
// without recomputing. It reports whether there were any.
func (s *Seq) forgetWindows(slack int) bool {
	c, some := s.c, false
	for g := range c.c.Groups {
		if c.c.Groups[g].Kind != Window {
			continue
		}
		last := (len(s.ids) - c.c.Groups[g].Window - slack) / c.c.Positions
		for at := min(last, len(s.chunks)) - 1; at >= 0; at-- {
			p := s.chunks[at].pages[g]
			if p == nil {
				break // as are those before it
			}
			some = true
			c.drop(p)
			s.set(at, g, nil)
			if n := s.chunks[at].node; n != nil && !n.kept {
				c.unref(n.pages[g])
				n.pages[g] = nil
			}
		}
	}
	return some
}

// check makes a checkpoint of the current state.
func (s *Seq) check() {
	c := s.c
	at := len(s.ids)
	if k := len(s.checks); k > 0 && s.checks[k-1].at == at {
		return
	}
	pages := make([]*page, len(s.state))
	for g, p := range s.state {
		if p != nil {
			pages[g] = c.hold(p)
		}
	}
	s.checks = append(s.checks, check{at, pages})
	if len(s.checks) > checkpoints {
		s.dropCheck(0)
		s.checks = slices.Delete(s.checks, 0, 1)
	}
}

// dropCheck releases the states of a checkpoint.
func (s *Seq) dropCheck(i int) {
	for _, p := range s.checks[i].pages {
		s.c.drop(p)
	}
}
