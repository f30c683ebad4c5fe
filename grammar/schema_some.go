package grammar

import "errors"

// maxSome bounds how many things an array or an object must have some of.
const maxSome = 4

var errSome = errors.New("too much that some element or member must be")

// An arrayState is the place after n elements, with those of arrayShape.some
// that the bits of done stand for.
type arrayState struct{ n, done int }

// arraySome gives sym the arrays of y, which must have some elements.
func (s *schemas) arraySome(sym symbol, y arrayShape) error {
	if len(y.some) > maxSome {
		return errSome
	}
	last := max(len(y.prefix), y.min, y.max) // places after it are alike
	states := map[arrayState]symbol{}
	var queue []arrayState
	state := func(q arrayState) symbol {
		q.n = min(q.n, last+1)
		after, ok := states[q]
		if !ok {
			s.step()
			after = s.r.nonterminal()
			states[q] = after
			queue = append(queue, q)
		}
		return after
	}
	write := func(sym symbol, before expr, q arrayState) error {
		for _, more := range subsets(q.done, len(y.some)) {
			c := y.at(q.n)
			for i := range y.some {
				if more>>i&1 != 0 {
					c = c.with(y.some[i])
				}
			}
			v, err := s.value(c)
			if err != nil {
				return err
			}
			s.r.add(sym, s.r.terminal(before), v, state(arrayState{q.n + 1, q.done | more}))
		}
		return nil
	}
	if err := write(sym, s.terms.open, arrayState{}); err != nil {
		return err
	}
	for i := 0; i < len(queue); i++ {
		q := queue[i]
		if q.done == 1<<len(y.some)-1 && q.n >= y.min {
			s.r.add(states[q], s.r.terminal(s.terms.close))
		}
		if y.max < 0 || q.n < y.max {
			if err := write(states[q], s.terms.comma, q); err != nil {
				return err
			}
		}
	}
	return nil
}

// subsets returns the sets of bits below n without those of done.
func subsets(done, n int) []int {
	var out []int
	for set := range 1 << n {
		if set&done == 0 {
			out = append(out, set)
		}
	}
	return out
}

// pick returns the parts of some that the bits of set stand for.
func pick(some []keyGroup, set int) []keyGroup {
	var out []keyGroup
	for i, g := range some {
		if set>>i&1 != 0 {
			out = append(out, g)
		}
	}
	return out
}

// endSome gives sym the members of no property and the end, where done of
// objectShape.some has been seen.
func (w *objectWriter) endSome(sym symbol, q objectState) error {
	s := w.s
	if w.counts && w.others {
		return errors.New("bounds on the number of members beside what some must be cannot be enforced")
	}
	full := 1<<len(w.y.some) - 1
	if q.done == full {
		w.close(sym, q.count)
	}
	if !w.others {
		return nil
	}
	before := s.terms.next
	if q.count == 0 {
		before = s.terms.begin
	}
	for _, more := range subsets(q.done, len(w.y.some)) {
		m, ok := w.members[memberKey{before, more}]
		if !ok {
			m = s.r.nonterminal()
			w.members[memberKey{before, more}] = m
			if _, err := s.otherKeys(m, before, w.y, pick(w.y.some, more)); err != nil {
				return err
			}
		}
		s.r.add(sym, m, w.state(objectState{q.at, 1, q.done | more}))
	}
	return nil
}

// A memberKey tells the nonterminals of members apart: what comes before, and
// the bits of objectShape.some that they are.
type memberKey struct {
	before expr
	some   int
}
