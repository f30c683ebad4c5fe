package kvcache

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
