package grammar

import "slices"

// A lexState is a set of terminals that a text may be inside of, each with what
// may still follow.
type lexState struct {
	id      int32
	entries []lexEntry
	accepts []int32 // the terminals that may end here
	next    []int32 // by class of bytes, numbers of states; 0 is not known yet
	free    freedom // see exprs.free
	first   byteSet // the bytes that may follow
}

type lexEntry struct {
	terminal int32
	rest     expr
}

// noState is the number of the state without entries and without terminals that
// end.
const noState = 1

// A lexer builds the states of an automaton as they are asked for.
type lexer struct {
	r       *rules
	classes [256]uint8
	bytes   []byte      // one of each class
	states  []*lexState // by number; 0 is none
	index   table       // of states
	entries []lexEntry
	accepts []int32
}

func newLexer(r *rules) *lexer {
	l := &lexer{r: r, states: []*lexState{nil, {id: noState}}}
	parts := []byteSet{{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}}
	for _, set := range r.x.sets {
		parts = splitBy(parts, set)
	}
	if len(r.x.mods) > 0 {
		parts = splitDigits(parts)
	}
	for i := range parts {
		l.bytes = append(l.bytes, parts[i].lowest())
		for b := range 256 {
			if parts[i].has(byte(b)) {
				l.classes[b] = uint8(i)
			}
		}
	}
	return l
}

// start returns the state at the begin of any of terminals, which are sorted.
func (l *lexer) start(terminals []int32) *lexState {
	entries := l.entries[:0]
	for _, t := range terminals {
		entries = append(entries, lexEntry{t, l.r.terminals[t]})
	}
	l.entries = entries
	return l.states[l.intern(entries, nil)]
}

// step returns the state after a byte of class c.
func (l *lexer) step(s *lexState, c uint8) *lexState {
	if n := s.next[c]; n != 0 {
		return l.states[n]
	}
	x, b := l.r.x, l.bytes[c]
	entries, accepts := l.entries[:0], l.accepts[:0]
	for _, e := range s.entries {
		if n := &x.nodes[e.rest]; n.known && !n.first.has(b) {
			continue
		}
		d := x.derive(e.rest, b)
		if d == none || !x.notEmpty(d) {
			continue
		}
		if x.nodes[d].nullable {
			accepts = append(accepts, e.terminal)
		}
		if d != eps {
			entries = append(entries, lexEntry{e.terminal, d})
		}
	}
	if len(l.r.lazy) > 0 {
		entries, accepts = l.endLazy(entries, accepts)
	}
	l.entries, l.accepts = entries, accepts
	n := int32(noState)
	if len(entries) > 0 || len(accepts) > 0 {
		n = l.intern(entries, accepts)
	}
	s.next[c] = n
	return l.states[n]
}

// endLazy ends all terminals where a lazy one ends, which alone counts.
func (l *lexer) endLazy(entries []lexEntry, accepts []int32) ([]lexEntry, []int32) {
	greedy := func(t int32) bool { return !l.r.isLazy(t) }
	if slices.ContainsFunc(accepts, l.r.isLazy) {
		return entries[:0], slices.DeleteFunc(accepts, greedy)
	}
	return entries, accepts
}

// intern returns the number of the state of entries and accepts.
func (l *lexer) intern(entries []lexEntry, accepts []int32) int32 {
	h := mix(hashOf, uint64(len(entries)))
	for _, e := range entries {
		h = mix(h, uint64(e.terminal)<<32|uint64(e.rest))
	}
	for _, t := range accepts {
		h = mix(h, uint64(t))
	}
	n := l.index.find(h, func(n int32) bool {
		s := l.states[n]
		return slices.Equal(s.entries, entries) && slices.Equal(s.accepts, accepts)
	})
	if n != 0 {
		return n
	}
	s := &lexState{id: int32(len(l.states)), entries: slices.Clone(entries), accepts: slices.Clone(accepts)}
	lazy := slices.ContainsFunc(entries, func(e lexEntry) bool { return l.r.isLazy(e.terminal) })
	for _, e := range entries {
		if !lazy { // else a character may end it
			s.free.raise(l.r.x.free(e.rest))
		}
		f := l.r.x.first(e.rest)
		s.first.union(&f)
	}
	if len(entries) > 0 {
		s.next = make([]int32, len(l.bytes))
	}
	l.r.x.budget.spend(int64(200 + 12*len(entries) + 4*len(s.next)))
	l.states = append(l.states, s)
	l.index.add(h, s.id)
	return s.id
}
