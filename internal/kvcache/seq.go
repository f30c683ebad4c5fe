package kvcache

// A Seq is the cache of one sequence of tokens.
//
// Calls on one sequence must not overlap. Extend, Commit, Discard, Pages and State
// belong to the goroutine that computes; the others may come from any goroutine
// while that one computes for other sequences.
type Seq struct {
	c       *Cache
	salt    string
	private bool // it shares nothing but with its forks
	closed  bool

	ids      []int32 // committed
	extended int     // positions after them that have memory
	chunks   []chunk
	bufs     [][][]byte // by group and chunk: the result of Pages

	state  []*page // by group; nil: the state before the first token
	checks []check // by position
	mark   check   // of Mark; without pages: none
}

// A chunk is as many positions of a sequence as a page has.
type chunk struct {
	pages []*page // by group; nil where it was dropped, or the group is a State
	node  *node   // of the tree, if the chunk is there
}

// NewSeq returns an empty sequence. Sequences of different salt share nothing.
func (c *Cache) NewSeq(salt string) *Seq {
	return &Seq{c: c, salt: salt, bufs: make([][][]byte, len(c.c.Groups)), state: make([]*page, len(c.c.Groups))}
}

// NewPrivate returns an empty sequence that shares memory only with its forks: it
// takes nothing from the prefix tree and brings nothing into it.
func (c *Cache) NewPrivate() *Seq {
	s := c.NewSeq("")
	s.private = true
	return s
}

// Len returns the number of committed positions.
func (s *Seq) Len() int { return len(s.ids) }

// IDs returns the tokens of the committed positions. The slice is valid until the next
// call that changes s.
func (s *Seq) IDs() []int32 { return s.ids }

// Pages returns the pages of a group: page i holds the positions from
// i·Config.Positions on; it is nil where it was dropped. The slice is valid until
// the next call that changes s.
func (s *Seq) Pages(group int) [][]byte { return s.bufs[group] }

// State returns the state of a group after the last position, to be changed
// between Extend and Commit.
func (s *Seq) State(group int) []byte { return s.state[group].buf }

// Limit returns the most positions that one Extend may ask for.
func (s *Seq) Limit() int {
	if !s.c.states {
		return unlimited
	}
	return s.c.c.Checkpoint - len(s.ids)%s.c.c.Checkpoint
}

// Extend allocates memory for n positions after the committed ones, to be written
// until Commit or Discard; a second call for as many does nothing. It evicts what
// no sequence uses and, before it returns [ErrFull], what s itself needs only for
// a Rewind, a Mark too. Other errors are [ErrClosed] and those of the system; after any of
// them s is as it was. It panics if n is above Limit.
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
	if err == ErrFull && s.mark.pages != nil {
		s.unmark()
		err = s.extend(n)
	}
	if err == nil {
		s.extended = max(s.extended, n)
	}
	return err
}

// Commit commits the positions that Extend has allocated, with their tokens. Full
// pages join the tree; those behind their windows are dropped.
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

// Discard undoes Extend and returns the length of s. A recurrent state, which may
// be partly updated, goes back to the last checkpoint, so s may become shorter.
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

// Close keeps the end of s, as [Seq.Keep] does, and releases what s holds.
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

// drop releases everything.
func (s *Seq) drop() {
	s.cut(0)
	for i := range s.checks {
		s.dropCheck(i)
	}
	s.dropState()
	s.unmark()
	s.checks, s.ids, s.extended = s.checks[:0], s.ids[:0], 0
}

// dropState releases the state.
func (s *Seq) dropState() {
	for g, p := range s.state {
		s.c.drop(p)
		s.state[g] = nil
	}
}
