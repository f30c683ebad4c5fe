package kvcache

import "slices"

// Where a sequence can be resumed: by another one with a common prefix, by itself
// after a Rewind, by a fork.

// Keep adds the rest of s to the tree, so that others can resume at its end.
func (s *Seq) Keep() {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || s.closed || len(s.ids) == 0 || c.c.NoPrefix || s.private {
		return
	}
	if c.states && s.extended == 0 { // else a pass may have changed the state
		s.check()
	}
	// The end first: the least recently used is evicted first.
	at, rest := len(s.ids)/c.c.Positions, len(s.ids)%c.c.Positions
	var tail *node
	if rest > 0 {
		if parent := s.parent(at); parent != nil {
			tail = c.insert(parent, s.ids[at*c.c.Positions:], s.chunks[at].pages)
			s.keepChunk(at, tail)
		}
	}
	for at := len(s.chunks) - 1; at >= 0; at-- {
		if n := s.chunks[at].node; n != nil {
			c.fill(n, s.chunks[at].pages)
			s.keepChunk(at, n)
		}
	}
	s.offer(tail)
}

// offer puts the nodes of s and tail, which may be nil, in the outbox, the first
// chunk first: the others are useless without it.
func (s *Seq) offer(tail *node) {
	for i := range s.chunks {
		if n := s.chunks[i].node; n != nil {
			s.c.offer(n)
		}
	}
	if tail != nil {
		s.c.offer(tail)
	}
}

// keepChunk marks the node of a chunk as a place to resume and gives it the
// checkpoints of s there.
func (s *Seq) keepChunk(at int, n *node) {
	c := s.c
	c.touch(n)
	for g, p := range s.chunks[at].pages {
		if p != nil && c.c.Groups[g].Kind == Window {
			n.kept = true
		}
	}
	first := at * c.c.Positions
	for _, k := range s.checks {
		offset := k.at - first
		if offset <= 0 || offset > len(n.ids) || n.states[offset] != nil {
			continue
		}
		if n.states == nil {
			n.states = map[int][]*page{}
		}
		pages := make([]*page, len(k.pages))
		for g, p := range k.pages {
			if p != nil {
				p.refs++
				pages[g] = p
			}
		}
		n.states[offset] = pages
	}
}

// Resume extends s, which must be a prefix of ids, by what the tree has of ids, and
// returns its new length. Nothing is copied before Extend.
func (s *Seq) Resume(ids []int32) int {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || s.closed || c.c.NoPrefix || s.private || len(ids) <= len(s.ids) {
		return len(s.ids)
	}
	path, n := c.find(s.salt, ids)
	src := source{c: c, chunks: make([]chunk, len(path))}
	for i, at := range path {
		src.chunks[i] = chunk{at.pages, at}
	}
	n, states := src.feasible(n)
	if n <= len(s.ids) {
		return len(s.ids)
	}
	c.stats.Hits += int64(n - len(s.ids))
	for _, at := range slices.Backward(path) {
		c.touch(at)
	}
	// The tree's pages replace the equal ones of s. Hold first, then release.
	next := &Seq{c: c, salt: s.salt, bufs: make([][][]byte, len(s.bufs)), state: make([]*page, len(s.state))}
	next.take(&src, ids[:n], states)
	s.drop()
	s.ids, s.chunks, s.bufs, s.state = next.ids, next.chunks, next.bufs, next.state
	s.checks = next.checks
	return n
}

// take makes s, which must be empty, hold the first len(ids) positions of a source.
func (s *Seq) take(src *source, ids []int32, states []*page) {
	c := s.c
	s.ids = append(s.ids, ids...)
	first := make([]int, len(c.c.Groups))
	for g := range first {
		first[g] = src.first(g, len(ids))
	}
	for at := range c.chunks(len(ids)) {
		pages := make([]*page, len(c.c.Groups))
		for g := range pages {
			if at >= first[g] {
				pages[g] = c.hold(src.page(at, g))
			}
		}
		n := src.chunks[at].node
		if n != nil && (at+1)*c.c.Positions > len(ids) {
			n = nil // only a prefix of it
		}
		if n != nil {
			n.users++
		}
		s.append(pages, n)
	}
	for g, p := range states {
		if p != nil {
			s.state[g] = c.hold(p)
		}
	}
	if states != nil {
		s.check()
	}
}

// sees reports whether a sequence of n positions needs chunk at of a group, or
// keeps it for a Rewind within the slack.
func (c *Cache) sees(g, at, n int) bool {
	k := c.c.Groups[g]
	return k.Kind == Full || k.Kind == Window && (at+1)*c.c.Positions > n-k.Window-c.slack
}

// Rewind drops the positions from n on and returns the new length of s, which is
// less than n where pages of a window have been dropped or there is no
// checkpoint. It panics if s is shorter than n.
func (s *Seq) Rewind(n int) (at int) {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || s.closed {
		return len(s.ids)
	}
	if n < 0 || n > len(s.ids) {
		panic("kvcache: Rewind: beyond the sequence")
	}
	if n == len(s.ids) && s.extended == 0 {
		return n
	}
	s.extended = 0
	s.rewind(n)
	return len(s.ids)
}

// rewind shortens s to the largest number of positions, at most n, at which it
// can be resumed.
func (s *Seq) rewind(n int) {
	c := s.c
	src := source{c: c, chunks: s.chunks, checks: s.marked()}
	n, states := src.feasible(n)
	s.ids = s.ids[:n]
	s.cut(c.chunks(n))
	for g := range c.c.Groups {
		for at := src.first(g, n); at < len(s.chunks); at++ {
			if s.chunks[at].pages[g] == nil {
				s.set(at, g, c.hold(src.page(at, g)))
			}
		}
	}
	if k := len(s.chunks) - 1; k >= 0 && n%c.c.Positions > 0 {
		s.leave(k)
	}
	if !c.states {
		return
	}
	for g, p := range states {
		if p != nil {
			c.hold(p)
		}
		c.drop(s.state[g])
		s.state[g] = p
	}
	if states == nil {
		s.dropState()
	}
	s.unmark()
	for k := len(s.checks); k > 0 && s.checks[k-1].at > n; k-- {
		s.dropCheck(k - 1)
		s.checks = s.checks[:k-1]
	}
}

// Fork returns another sequence with the positions of s. They share all memory
// until one of them writes. Between Extend and Commit a recurrent state may be
// partly updated: the fork then begins at the last checkpoint.
func (s *Seq) Fork() *Seq {
	c := s.c
	t := c.NewSeq(s.salt)
	t.private = s.private
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || s.closed {
		t.closed = true
		return t
	}
	t.ids = append(t.ids, s.ids...)
	for at := range c.chunks(len(s.ids)) {
		pages := make([]*page, len(c.c.Groups))
		for g, p := range s.chunks[at].pages {
			if p != nil {
				pages[g] = c.hold(p)
				p.claim(min(len(s.ids)-at*c.c.Positions, c.c.Positions))
			}
		}
		n := s.chunks[at].node
		if n != nil {
			n.users++
		}
		t.append(pages, n)
	}
	for g, p := range s.state {
		if p != nil {
			t.state[g] = c.hold(p)
		}
	}
	for _, k := range s.checks {
		pages := make([]*page, len(k.pages))
		for g, p := range k.pages {
			if p != nil {
				pages[g] = c.hold(p)
			}
		}
		t.checks = append(t.checks, check{k.at, pages})
	}
	if c.states && s.extended > 0 { // a pass may have changed the state
		t.rewind(len(t.ids))
	}
	return t
}
