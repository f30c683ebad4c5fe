package kvcache

// A source is what a sequence can resume from: its own chunks, or nodes.
type source struct {
	c      *Cache
	chunks []chunk
	checks []check
}

// page returns the page of a chunk, from the sequence or the tree.
func (s *source) page(at, g int) *page {
	if p := s.chunks[at].pages[g]; p != nil {
		return p
	}
	if n := s.chunks[at].node; n != nil {
		return n.pages[g]
	}
	return nil
}

// first returns the first chunk of a group that a sequence of n positions takes:
// it takes a chunk only with all those after it.
func (s *source) first(g, n int) int {
	at := s.c.chunks(n)
	for at > 0 && s.c.sees(g, at-1, n) && s.page(at-1, g) != nil {
		at--
	}
	return at
}

// feasible returns the largest number of positions, at most n, at which all
// groups can resume, and the states there, nil if there are none.
func (s *source) feasible(n int) (int, []*page) {
	for n > 0 {
		k := s.windows(n)
		if k == n {
			if !s.c.states {
				return n, nil
			}
			at, states := s.stateAt(n)
			if at == n {
				return n, states
			}
			k = at
		}
		n = k
	}
	return 0, nil
}

// windows returns n if all pages that position n needs are there, else a smaller
// number to try.
func (s *source) windows(n int) int {
	size := s.c.c.Positions
	for g, group := range s.c.c.Groups {
		if group.Kind != Window {
			continue // pages of Full are never dropped
		}
		first := max(0, n-group.Window+1) / size
		for at := (n - 1) / size; at >= first; at-- {
			if s.page(at, g) == nil {
				return min(n-1, at*size)
			}
		}
	}
	return n
}

// stateAt returns the last position, at most n, with a checkpoint, and its states;
// 0 if there is none.
func (s *source) stateAt(n int) (int, []*page) {
	at, states := 0, []*page(nil)
	for _, k := range s.checks {
		if k.at <= n && k.at > at {
			at, states = k.at, k.pages
		}
	}
	for i := range s.chunks {
		node, first := s.chunks[i].node, i*s.c.c.Positions
		if node == nil || first >= n {
			continue
		}
		for offset, pages := range node.states {
			if k := first + offset; k <= n && k > at {
				at, states = k, pages
			}
		}
	}
	return at, states
}
