package kvcache

import "slices"

// A Seq is what the layers keep of one sequence of tokens.
//
// Calls on one sequence never overlap. Extend, Commit, Discard, Pages and State
// belong to one goroutine, which computes; the others may come from any, while
// that one computes for other sequences.
type Seq struct {
	c      *Cache
	salt   string
	closed bool

	ids      []int32 // that count
	extended int     // positions behind them that there is memory for
	chunks   []chunk
	bufs     [][][]byte // by group, chunk: what Pages returns

	state  []*page // by group; nil: the state before the first token
	checks []check // rising
}

// A chunk is a page's length of a sequence.
type chunk struct {
	pages []*page // by group; nil where it has gone, or the group is a State
	node  *node   // of the tree, once the chunk is full and there
}

// A check is a recurrent state of an earlier position.
type check struct {
	at    int
	pages []*page // by group
}

// NewSeq returns an empty sequence. Those of different salt share nothing.
func (c *Cache) NewSeq(salt string) *Seq {
	return &Seq{c: c, salt: salt, bufs: make([][][]byte, len(c.c.Groups)), state: make([]*page, len(c.c.Groups))}
}

// Len returns the positions that count.
func (s *Seq) Len() int { return len(s.ids) }

// Pages returns the pages of a group: page i holds positions from i times their
// number on; nil where it has gone. It is valid until the next call that changes
// s.
func (s *Seq) Pages(group int) [][]byte { return s.bufs[group] }

// State returns the state of a group, behind the last position, to be changed
// between Extend and Commit.
func (s *Seq) State(group int) []byte { return s.state[group].buf }

// Limit returns the most positions that one Extend may ask for.
func (s *Seq) Limit() int {
	if !s.c.states {
		return unlimited
	}
	return s.c.c.Checkpoint - len(s.ids)%s.c.c.Checkpoint
}

// Extend makes memory for n positions behind those that count, to be written
// until Commit or Discard; again for as many, it does nothing. It evicts what
// nobody uses and, before it returns [ErrFull], what s itself needs only for a
// Rewind. After an error, ErrFull or [ErrClosed] or that of the system, the same
// positions count, with the same memory. It panics if n is above Limit.
func (s *Seq) Extend(n int) error {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed || s.closed:
		return ErrClosed
	case n > s.Limit():
		panic("kvcache: Extend: beyond the limit")
	}
	err := s.extend(n)
	if err == ErrFull && s.forgetWindows(0) {
		err = s.extend(n)
	}
	if err == nil {
		s.extended = max(s.extended, n)
	}
	return err
}

// extend makes memory for n positions, or leaves s as it was.
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

// writable makes the page that the next position belongs to, and the states,
// those of s alone.
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

// append adds a chunk of these pages, which s holds already.
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

// set puts a page, or nil, into a chunk. It gives up nothing.
func (s *Seq) set(at, group int, p *page) {
	s.chunks[at].pages[group], s.bufs[group][at] = p, nil
	if p != nil {
		s.bufs[group][at] = p.buf
	}
}

// cut gives up all chunks but the first n.
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

// leave ends that a chunk names a node.
func (s *Seq) leave(at int) {
	if n := s.chunks[at].node; n != nil {
		n.users--
		s.chunks[at].node = nil
	}
}

// Commit makes the positions that Extend has made memory for count, which have
// got these tokens: pages that are full join the tree, those behind windows go.
func (s *Seq) Commit(ids []int32) {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || s.closed {
		return
	}
	if len(ids) > s.extended {
		panic("kvcache: Commit: more than Extend made memory for")
	}
	from := len(s.ids) / c.c.Positions
	s.ids = append(s.ids, ids...)
	s.extended = 0
	for at := from; (at+1)*c.c.Positions <= len(s.ids); at++ {
		s.join(at)
	}
	s.forgetWindows(c.slack)
	if c.states && len(s.ids)%c.c.Checkpoint == 0 {
		s.check()
	}
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

// Discard gives up what Extend has added since the last Commit. A recurrent
// state may have been changed in part: it goes back to the last checkpoint, so
// that fewer positions may count. It returns how many do.
func (s *Seq) Discard() int {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || s.closed {
		return len(s.ids)
	}
	if s.extended > 0 && c.states {
		s.extended = 0
		s.rewind(len(s.ids))
		return len(s.ids)
	}
	s.extended = 0
	s.cut(c.chunks(len(s.ids)))
	return len(s.ids)
}

// Close keeps the end of s, as [Seq.Keep] does, and gives back what s holds.
func (s *Seq) Close() {
	s.Keep()
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.closed || c.closed {
		s.closed = true
		return
	}
	s.drop()
	s.closed = true
}

// drop gives up everything.
func (s *Seq) drop() {
	s.cut(0)
	for i := range s.checks {
		s.dropCheck(i)
	}
	s.dropState()
	s.checks, s.ids, s.extended = s.checks[:0], s.ids[:0], 0
}

// dropState gives up the state.
func (s *Seq) dropState() {
	for g, p := range s.state {
		s.c.drop(p)
		s.state[g] = nil
	}
}
