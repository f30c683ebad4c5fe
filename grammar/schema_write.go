package grammar

import (
	"errors"
	"slices"
)

// terminals are the terminals that all schemas use. Blanks go with the sign
// before or after them, so that there are few places in the text at which the
// parser has to do something.
type terminals struct {
	blank              expr
	open, comma, close expr // of arrays, with the blanks inside
	begin, next, end   expr // of objects: up to the first key, up to the next, the end
	colon              expr
	emptyArray         expr
	emptyObject        expr
	quote              expr
}

// maxBlanks is how many blanks may follow the end of a line.
const maxBlanks = 20

func newTerminals(s *schemas) terminals {
	x := s.x
	var space byteSet
	space.add(' ')
	space.add('\t')
	line := x.concat(x.optional(x.byte('\r')), x.byte('\n'))
	t := terminals{quote: x.byte('"')}
	t.blank = x.or(
		x.optional(x.byte(' ')),
		x.concat(line, x.repeat(x.set(space), 0, maxBlanks)),
	)
	t.open = x.concat(x.byte('['), t.blank)
	t.comma = x.concat(t.blank, x.byte(','), t.blank)
	t.close = x.concat(t.blank, x.byte(']'))
	t.begin = x.concat(x.byte('{'), t.blank)
	t.next = t.comma
	t.end = x.concat(t.blank, x.byte('}'))
	t.colon = x.concat(t.blank, x.byte(':'), t.blank)
	t.emptyArray = x.concat(t.open, x.byte(']'))
	t.emptyObject = x.concat(t.begin, x.byte('}'))
	return t
}

// value returns the symbol of the values that are c.
func (s *schemas) value(c conj) (symbol, error) {
	key := conjKey(c)
	if sym, ok := s.values[key]; ok {
		return sym, nil
	}
	a, err := s.shape(c)
	if err != nil {
		return symbol{}, err
	}
	e := s.scalar(a.scalars)
	if len(a.arrays) == 0 && len(a.objects) == 0 && e != none {
		sym := s.r.terminal(e)
		s.values[key] = sym
		return sym, nil
	}
	sym := s.r.nonterminal()
	s.values[key] = sym
	if e != none {
		s.r.add(sym, s.r.terminal(e))
	}
	for _, y := range a.arrays {
		if err := s.array(sym, y); err != nil {
			return sym, s.at(c, err)
		}
	}
	for _, y := range a.objects {
		if err := s.object(sym, y); err != nil {
			return sym, s.at(c, err)
		}
	}
	return sym, nil
}

// at adds the place of c to an error that names none.
func (s *schemas) at(c conj, err error) error {
	var place *placeError
	if errors.As(err, &place) || len(c) == 0 {
		return err
	}
	return refuse(s.byID[max(c[0], -c[0])], "", "%v", err)
}

// scalar returns the expression of a as JSON. A string whose length alone matters may
// have escapes that it does not need.
func (s *schemas) scalar(a scalars) expr {
	x := s.x
	alts := []expr{a.number}
	for _, w := range []struct {
		ok   bool
		text string
	}{{a.null, "null"}, {a.no, "false"}, {a.yes, "true"}} {
		if w.ok {
			alts = append(alts, x.bytes(w.text))
		}
	}
	text := a.text
	if n := x.nodes[text]; n.kind == kRepeat && n.args[0] == (jsonText{}).set(x, anyRune) {
		text = x.repeat(x.jsonChar(), int(n.a), int(n.b))
	}
	alts = append(alts, x.concat(s.terms.quote, text, s.terms.quote))
	return x.or(alts...)
}

// array gives sym the arrays of y.
func (s *schemas) array(sym symbol, y arrayShape) error {
	if len(y.some) > 0 {
		return s.arraySome(sym, y)
	}
	t := &s.terms
	if y.min == 0 {
		s.r.add(sym, s.r.terminal(t.emptyArray))
	}
	if y.max == 0 {
		return nil
	}
	rest, err := s.value(y.rest)
	if err != nil {
		return err
	}
	first, err := s.value(y.at(0))
	if err != nil {
		return err
	}
	tail := s.r.nonterminal()
	s.r.add(sym, s.r.terminal(t.open), first, tail)
	for n := 1; ; n++ { // tail is what may follow n elements
		s.step()
		if n >= len(y.prefix) || n == y.max {
			return s.arrayEnd(tail, y, rest, n)
		}
		if n >= y.min {
			s.r.add(tail, s.r.terminal(t.close))
		}
		e, err := s.value(y.at(n))
		if err != nil {
			return err
		}
		after := s.r.nonterminal()
		s.r.add(tail, s.r.terminal(t.comma), e, after)
		tail = after
	}
}

// arrayEnd gives tail what may follow n elements, all of the prefix.
func (s *schemas) arrayEnd(tail symbol, y arrayShape, rest symbol, n int) error {
	closing := s.r.terminal(s.terms.close)
	lo, hi := max(y.min-n, 0), unbounded
	if y.max >= 0 {
		hi = y.max - n
	}
	if hi == 0 {
		s.r.add(tail, closing)
		return nil
	}
	more := s.r.nonterminal()
	s.r.add(more, s.r.terminal(s.terms.comma), rest)
	more.min, more.max = int32(lo), int32(hi)
	s.r.add(tail, more, closing)
	return nil
}

// key returns the terminal of a key, with what comes before and after it.
func (s *schemas) key(before, text expr) symbol {
	t := &s.terms
	return s.r.terminal(s.x.concat(before, t.quote, text, t.quote, t.colon))
}

// otherKeys gives sym, which comes after before, the members of none of the
// properties that are as all of some; ok is false if there can be none.
func (s *schemas) otherKeys(sym symbol, before expr, y *objectShape, some []keyGroup) (ok bool, err error) {
	taken := s.taken(y)
	for _, g := range y.rest {
		for _, h := range some {
			g = keyGroup{s.meet(g.text, h.text, s.text), g.value.with(h.value)}
		}
		if slices.Contains(g.value, s.falseID) {
			continue
		}
		text := s.x.without(g.text, taken)
		if !s.x.notEmpty(text) {
			continue
		}
		if text == s.text {
			text = s.x.star(s.x.jsonChar())
		}
		v, err := s.value(g.value)
		if err != nil {
			return false, err
		}
		ok = true
		s.r.add(sym, s.key(before, text), v)
	}
	return ok, nil
}
