package kvcache

import "slices"

// A check is a recurrent state of an earlier position.
type check struct {
	at    int
	pages []*page // by group
}

// join makes a chunk that is full a node of the tree. Pages that another
// sequence has put there already are taken instead of those of s: they are the
// same.
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

// parent returns the node before a chunk, nil if that is not in the tree.
func (s *Seq) parent(at int) *node {
	switch {
	case s.c.c.NoPrefix:
		return nil
	case at == 0:
		return s.c.root(s.salt)
	}
	return s.chunks[at-1].node
}

// forgetWindows gives up the pages that lie further behind their windows than
// Rewind shall go without computing again. It reports whether there were any.
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

// check keeps the state of now.
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

// dropCheck gives up what a checkpoint holds.
func (s *Seq) dropCheck(i int) {
	for _, p := range s.checks[i].pages {
		s.c.drop(p)
	}
}
