package grammar

import (
	"encoding/binary"
)

// A lexState is a set of terminals that a text may be inside of, each with what
// may still follow.
type lexState struct {
	id      int32
	entries []lexEntry
	accepts []int32     // the terminals that may end here
	next    []*lexState // by class of bytes; nil is not known yet
	free    int32       // see exprs.free
	first   byteSet     // the bytes that may follow
}

type lexEntry struct {
	terminal int32
	rest     expr
}

// noState is the state without entries and without terminals that end.
var noState = &lexState{}

// A lexer builds the states of an automaton as they are asked for.
type lexer struct {
	r       *rules
	classes [256]uint8
	bytes   []byte // one of each class
	states  map[string]*lexState
	key     []byte
}

func newLexer(r *rules) *lexer {
	l := &lexer{r: r, states: map[string]*lexState{}}
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
	entries := make([]lexEntry, 0, len(terminals))
	for _, t := range terminals {
		entries = append(entries, lexEntry{t, l.r.terminals[t]})
	}
	return l.intern(entries, nil)
}

// step returns the state after a byte of class c.
func (l *lexer) step(s *lexState, c uint8) *lexState {
	if n := s.next[c]; n != nil {
		return n
	}
	x, b := l.r.x, l.bytes[c]
	var entries []lexEntry
	var accepts []int32
	for _, e := range s.entries {
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
	n := noState
	if len(entries) > 0 || len(accepts) > 0 {
		n = l.intern(entries, accepts)
	}
	s.next[c] = n
	return n
}

func (l *lexer) intern(entries []lexEntry, accepts []int32) *lexState {
	k := l.key[:0]
	for _, e := range entries {
		k = binary.AppendUvarint(k, uint64(e.terminal)+1)
		k = binary.AppendUvarint(k, uint64(e.rest))
	}
	k = append(k, 0)
	for _, t := range accepts {
		k = binary.AppendUvarint(k, uint64(t))
	}
	l.key = k
	if s, ok := l.states[string(k)]; ok {
		return s
	}
	s := &lexState{id: int32(len(l.states) + 1), entries: entries, accepts: accepts}
	for _, e := range entries {
		s.free = max(s.free, l.r.x.free(e.rest))
		f := l.r.x.first(e.rest)
		s.first.union(&f)
	}
	if len(entries) > 0 {
		s.next = make([]*lexState, len(l.bytes))
	}
	l.r.x.budget.spend(int64(160 + 2*len(k) + 8*len(entries) + 8*len(s.next)))
	l.states[string(k)] = s
	return s
}
