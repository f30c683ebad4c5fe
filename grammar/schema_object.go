package grammar

import (
	"errors"
	"slices"
)

// An objectWriter makes the rules of the objects of one shape. There is a
// nonterminal for every place between two properties and, if the number of
// members is bounded, for every number of members up to there.
type objectWriter struct {
	s           *schemas
	y           *objectShape
	first, next symbol // members of no property
	others      bool   // there may be such
	counts      bool   // the number of members matters
	cap         int    // the largest number that is counted
	free        bool   // properties come in any order
	states      map[objectState]symbol
	queue       []objectState
	members     map[memberKey]symbol // see endSome
}

// An objectState is the place before property at, with count members before it,
// among them those of objectShape.some that the bits of done stand for. In any order,
// the bits of at stand for the properties that have been there.
type objectState struct{ at, count, done int }

// object gives sym the objects of y.
func (s *schemas) object(sym symbol, y objectShape) error {
	if len(y.some) > maxSome {
		return errSome
	}
	w := &objectWriter{s: s, y: &y, states: map[objectState]symbol{}, members: map[memberKey]symbol{}}
	required := 0
	for _, p := range y.props {
		if p.required {
			required++
		}
	}
	var err error
	w.first, w.next = s.r.nonterminal(), s.r.nonterminal()
	if w.others, err = s.otherKeys(w.first, s.terms.begin, &y, nil); err == nil {
		_, err = s.otherKeys(w.next, s.terms.next, &y, nil)
	}
	if err != nil {
		return err
	}
	w.counts = y.min > required || y.max >= 0 && (w.others || y.max < len(y.props))
	w.cap = 1
	if w.counts {
		w.cap = min(max(y.min, y.max), len(y.props)+1)
	}
	w.free = s.anyOrder && !w.counts && len(y.some) == 0 && len(y.props) <= maxFree
	start := w.state(objectState{})
	s.r.add(sym, start)
	for len(w.queue) > 0 {
		q := w.queue[0]
		w.queue = w.queue[1:]
		if err := w.write(q); err != nil {
			return err
		}
	}
	return nil
}

// state returns the nonterminal of what may follow q.
func (w *objectWriter) state(q objectState) symbol {
	q.count = min(q.count, max(w.cap, 1))
	sym, ok := w.states[q]
	if !ok {
		w.s.step()
		sym = w.s.r.nonterminal()
		w.states[q] = sym
		w.queue = append(w.queue, q)
	}
	return sym
}

// write makes the rules of q.
func (w *objectWriter) write(q objectState) error {
	s, sym := w.s, w.states[q]
	if w.free {
		return w.writeFree(sym, q)
	}
	if q.at == len(w.y.props) {
		if len(w.y.some) > 0 {
			return w.endSome(sym, q)
		}
		return w.end(sym, q.count)
	}
	p := w.y.props[q.at]
	if !p.required {
		s.r.add(sym, w.state(objectState{q.at + 1, q.count, q.done}))
	}
	if w.counts && w.y.max >= 0 && q.count >= w.y.max || slices.Contains(p.value, s.falseID) {
		return nil
	}
	key := w.key(p.name, q.count)
	for _, more := range subsets(q.done, len(w.y.some)) {
		value, ok := p.value, true
		for _, g := range pick(w.y.some, more) {
			value = value.with(g.value)
			ok = ok && s.x.matches(g.text, quoted(p.name))
		}
		if !ok {
			continue
		}
		v, err := s.value(value)
		if err != nil {
			return err
		}
		s.r.add(sym, key, v, w.state(objectState{q.at + 1, q.count + 1, q.done | more}))
	}
	return nil
}

// key returns the symbol of the key of a property after count members.
func (w *objectWriter) key(name string, count int) symbol {
	before := w.s.terms.next
	if count == 0 {
		before = w.s.terms.begin
	}
	return w.s.key(before, w.s.x.literals([]string{name}, jsonText{}))
}

// maxFree is the maximum number of properties that come in any order: every set of them
// is a state.
const maxFree = 8

// writeFree makes the rules of q where properties come in any order.
func (w *objectWriter) writeFree(sym symbol, q objectState) error {
	missing := false
	for i, p := range w.y.props {
		if q.at>>i&1 != 0 {
			continue
		}
		missing = missing || p.required
		if slices.Contains(p.value, w.s.falseID) {
			continue
		}
		v, err := w.s.value(p.value)
		if err != nil {
			return err
		}
		w.s.r.add(sym, w.key(p.name, q.count), v, w.state(objectState{at: q.at | 1<<i, count: 1}))
	}
	if w.others {
		other := w.next
		if q.count == 0 {
			other = w.first
		}
		w.s.r.add(sym, other, w.state(objectState{at: q.at, count: 1}))
	}
	if !missing {
		w.close(sym, q.count)
	}
	return nil
}

// end gives sym what may follow all properties: other members and the end.
func (w *objectWriter) end(sym symbol, count int) error {
	s, y := w.s, w.y
	lo, hi := 0, unbounded
	if w.counts {
		lo = max(y.min-count, 0)
		if y.max >= 0 {
			hi = y.max - count
		}
	}
	if !w.others || hi == 0 {
		if lo > 0 {
			return nil
		}
		w.close(sym, count)
		return nil
	}
	if lo > 1 {
		return errors.New("minProperties: more than one member of no property cannot be enforced")
	}
	if count > 0 {
		more := w.next
		more.min, more.max = int32(lo), int32(hi)
		s.r.add(sym, more, s.r.terminal(s.terms.end))
		return nil
	}
	if lo == 0 {
		w.close(sym, 0)
	}
	if hi > 0 {
		hi--
	}
	more := w.next
	more.min, more.max = 0, int32(hi)
	if hi == 0 {
		s.r.add(sym, w.first, s.r.terminal(s.terms.end))
		return nil
	}
	s.r.add(sym, w.first, more, s.r.terminal(s.terms.end))
	return nil
}

func (w *objectWriter) close(sym symbol, count int) {
	e := w.s.terms.end
	if count == 0 {
		e = w.s.terms.emptyObject
	}
	w.s.r.add(sym, w.s.r.terminal(e))
}
