package kvcache

import "slices"

// A Loader brings memory that comes from elsewhere, from a file say, into a
// sequence. Until Commit the sequence is as it was. It must be closed; nothing
// else may be called on the sequence before.
type Loader struct {
	s      *Seq
	chunks []chunk // by position; without pages where nothing was loaded
	checks []check
	closed bool
}

// Load returns a Loader for s.
func (s *Seq) Load() *Loader { return &Loader{s: s} }

// Salt returns the salt of s.
func (s *Seq) Salt() string { return s.salt }

// Config returns the configuration of the cache of s.
func (s *Seq) Config() Config { return s.c.c }

// Page returns memory for the page of a chunk, to be filled before Commit. Errors
// are those of Extend.
func (l *Loader) Page(group, at int) ([]byte, error) {
	c := l.s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := l.page(group, at)
	if err != nil {
		return nil, err
	}
	return p.buf, nil
}

// page does the work of Page.
func (l *Loader) page(group, at int) (*page, error) {
	c := l.s.c
	if c.c.Groups[group].Kind == State {
		panic("kvcache: Loader.Page: the group has no pages")
	}
	p, err := l.alloc(group)
	if err != nil {
		return nil, err
	}
	for len(l.chunks) <= at {
		l.chunks = append(l.chunks, chunk{pages: make([]*page, len(c.c.Groups))})
	}
	c.drop(l.chunks[at].pages[group])
	l.chunks[at].pages[group] = p
	return p, nil
}

// State returns memory for the state of a group after n positions, likewise.
func (l *Loader) State(group, n int) ([]byte, error) {
	c := l.s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := l.state(group, n)
	if err != nil {
		return nil, err
	}
	return p.buf, nil
}

// state does the work of State.
func (l *Loader) state(group, n int) (*page, error) {
	c := l.s.c
	if c.c.Groups[group].Kind != State {
		panic("kvcache: Loader.State: the group has no state")
	}
	p, err := l.alloc(group)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(l.checks, func(k check) bool { return k.at == n })
	if i < 0 {
		i = len(l.checks)
		l.checks = append(l.checks, check{n, make([]*page, len(c.c.Groups))})
	}
	c.drop(l.checks[i].pages[group])
	l.checks[i].pages[group] = p
	return p, nil
}

// alloc allocates a page or state.
func (l *Loader) alloc(group int) (*page, error) {
	if l.closed || l.s.closed || l.s.c.closed {
		return nil, ErrClosed
	}
	return l.s.c.alloc(group, l.s)
}

// Add copies the parts of x, chunk at of the sequence. Unlike memory that is
// filled, this may meet a Close of another goroutine. It panics if a part has
// not the size of its group.
func (l *Loader) Add(at int, x *Chunk) error {
	c := l.s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range x.Parts {
		part := &x.Parts[i]
		var p *page
		var err error
		if part.At > 0 {
			p, err = l.state(part.Group, at*c.c.Positions+part.At)
		} else {
			p, err = l.page(part.Group, at)
		}
		if err != nil {
			return err
		}
		if copy(p.buf, part.Bytes) != len(p.buf) {
			panic("kvcache: Loader.Add: a part of another size")
		}
	}
	return nil
}

// Feasible returns how many positions, at most n, the sequence could have if the
// parts that has reports were loaded; at is 0 for a page of the chunk, else the
// number of its tokens before a state.
func (l *Loader) Feasible(n int, has func(chunk, group, at int) bool) int {
	c := l.s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	src := source{c: c, checks: slices.Clone(l.s.checks)}
	for i := range c.chunks(n) {
		k := chunk{pages: make([]*page, len(c.c.Groups))}
		if i < len(l.s.ids)/c.c.Positions {
			copy(k.pages, l.s.chunks[i].pages)
			k.node = l.s.chunks[i].node
		}
		for g, group := range c.c.Groups {
			if group.Kind != State && has(i, g, 0) {
				k.pages[g] = new(page)
			} else if group.Kind == Full && k.pages[g] == nil {
				return c.feasible(&src, i*c.c.Positions)
			}
		}
		for at := 1; c.states && at <= c.c.Positions; at++ {
			if c.allStates(func(g int) bool { return has(i, g, at) }) {
				src.checks = append(src.checks, check{i*c.c.Positions + at, make([]*page, len(c.c.Groups))})
			}
		}
		src.chunks = append(src.chunks, k)
	}
	return c.feasible(&src, n)
}

// feasible is what source.feasible returns, without the states.
func (c *Cache) feasible(src *source, n int) int {
	n, _ = src.feasible(n)
	return n
}

// allStates reports whether has is true for each group with a state.
func (c *Cache) allStates(has func(group int) bool) bool {
	for g, group := range c.c.Groups {
		if group.Kind == State && !has(g) {
			return false
		}
	}
	return true
}

// Needs reports whether a sequence of n positions cannot do without the page of
// a chunk, and its own has none.
func (l *Loader) Needs(n, at, group int) bool {
	s := l.s
	g, size := s.c.c.Groups[group], s.c.c.Positions
	if at < len(s.ids)/size && s.chunks[at].pages[group] != nil {
		return false
	}
	return g.Kind == Full || g.Kind == Window && at >= max(0, n-g.Window+1)/size
}

// Commit makes the sequence have ids, which begin with what it had, as far as all
// groups can resume, and returns its length. saved says that the store of
// [Config.Root] has what was loaded.
func (l *Loader) Commit(ids []int32, saved bool) int {
	s, c := l.s, l.s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.closed || s.closed || c.closed {
		return len(s.ids)
	}
	src, n := l.source(len(ids))
	n, states := src.feasible(n)
	if n <= len(s.ids) {
		return len(s.ids)
	}
	next := &Seq{c: c, salt: s.salt, private: s.private, bufs: make([][][]byte, len(s.bufs)), state: make([]*page, len(s.state))}
	next.take(src, ids[:n], states)
	s.drop()
	s.ids, s.chunks, s.bufs, s.state, s.checks = next.ids, next.chunks, next.bufs, next.state, next.checks
	for at := range n / c.c.Positions {
		s.join(at)
		if k := s.chunks[at].node; k != nil && saved && at < len(l.chunks) && l.chunks[at].pages != nil {
			k.saved = max(k.saved, k.weight())
		}
	}
	return n
}

// source returns what was loaded and what the sequence has, and how many
// positions, at most n, have all pages that are never dropped.
func (l *Loader) source(n int) (*source, int) {
	s, c := l.s, l.s.c
	src := &source{c: c, checks: append(slices.Clone(s.checks), l.full()...)}
	for i := range c.chunks(n) {
		k := chunk{pages: make([]*page, len(c.c.Groups))}
		if i < len(s.ids)/c.c.Positions { // else its page has not all of them
			copy(k.pages, s.chunks[i].pages)
			k.node = s.chunks[i].node
		}
		for g, group := range c.c.Groups {
			if i < len(l.chunks) && l.chunks[i].pages[g] != nil {
				k.pages[g] = l.chunks[i].pages[g]
			}
			if group.Kind == Full && k.pages[g] == nil {
				return src, min(n, i*c.c.Positions)
			}
		}
		src.chunks = append(src.chunks, k)
	}
	return src, n
}

// full returns the checkpoints that have the states of all groups.
func (l *Loader) full() []check {
	var all []check
	for _, k := range l.checks {
		if l.s.c.allStates(func(g int) bool { return k.pages[g] != nil }) {
			all = append(all, k)
		}
	}
	return all
}

// Close releases what no Commit has taken.
func (l *Loader) Close() {
	c := l.s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.closed || c.closed {
		l.closed = true
		return
	}
	l.closed = true
	for i := range l.chunks {
		for _, p := range l.chunks[i].pages {
			c.drop(p)
		}
	}
	for _, k := range l.checks {
		for _, p := range k.pages {
			c.drop(p)
		}
	}
	l.chunks, l.checks = nil, nil
}
