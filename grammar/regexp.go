package grammar

import (
	"errors"
	"slices"
)

// A lowering turns a pattern into an expression.
type lowering struct {
	x   *exprs
	enc encoder
	all expr // any text
	err error
}

// pattern returns the expression of the texts that p matches from the first
// character to the last.
func (x *exprs) pattern(p *pattern, enc encoder) (expr, error) {
	l := x.lowering(enc)
	e := l.lower(p, eps, true)
	return e, l.err
}

// search returns the expression of the texts that p matches somewhere.
func (x *exprs) search2(p *pattern, enc encoder) (expr, error) {
	l := x.lowering(enc)
	e := l.search(p)
	return e, l.err
}

func (x *exprs) lowering(enc encoder) *lowering {
	return &lowering{x: x, enc: enc, all: x.anyText(enc)}
}

func (l *lowering) search(p *pattern) expr {
	if !p.begins {
		return l.x.concat(l.all, l.lower(p, l.all, false))
	}
	some := l.x.plus(l.enc.set(l.x, anyRune))
	return l.x.or(l.lower(p, l.all, true), l.x.concat(some, l.lower(p, l.all, false)))
}

// lower returns the expression of p followed by rest, which reaches to the end
// of the text; start says that p is at the text's begin.
func (l *lowering) lower(p *pattern, rest expr, start bool) expr {
	x := l.x
	switch p.op {
	case opSet:
		return x.concat(l.enc.set(x, p.set), rest)
	case opConcat:
		return l.sequence(p.args, rest, start)
	case opOr:
		alts := make([]expr, len(p.args))
		for i, a := range p.args {
			alts[i] = l.lower(a, rest, start)
		}
		return x.or(alts...)
	case opRepeat:
		return l.repeat(p, rest, start)
	case opBegin:
		if start {
			return rest
		}
		return none
	case opEnd:
		if x.nodes[rest].nullable {
			return eps
		}
		return none
	case opAhead:
		return x.and(rest, l.lower(p.args[0], l.all, start))
	case opNotAhead:
		return x.without(rest, l.lower(p.args[0], l.all, start))
	}
	return rest
}

// sequence is lower of list, one after another.
func (l *lowering) sequence(list []*pattern, rest expr, start bool) expr {
	l.x.budget.spend(int64(len(list)))
	if !start {
		for _, p := range slices.Backward(list) {
			rest = l.lower(p, rest, false)
		}
		return rest
	}
	if len(list) == 0 {
		return rest
	}
	p := list[0]
	if p.op >= opBegin {
		return l.lower(p, l.sequence(list[1:], rest, true), true)
	}
	if !slices.ContainsFunc(list[1:], func(p *pattern) bool { return p.begins }) {
		return l.lower(p, l.sequence(list[1:], rest, false), true)
	}
	if p.zero { // whether p is empty or not cannot be told apart
		l.err = errors.New("an anchor after an optional anchor cannot be enforced")
		return none
	}
	x := l.x
	e := l.lower(p, eps, true)
	some, empty := e, none
	if x.nodes[e].nullable {
		some = x.without(e, eps)
		empty = l.sequence(list[1:], rest, true)
	}
	return x.or(empty, x.concat(some, l.sequence(list[1:], rest, false)))
}

func (l *lowering) repeat(p *pattern, rest expr, start bool) expr {
	x, a := l.x, p.args[0]
	if !a.zero {
		return x.concat(x.repeat(l.lower(a, eps, start), p.min, p.max), rest)
	}
	if p.min == 0 && p.max == 1 {
		return x.or(rest, l.lower(a, rest, start))
	}
	if p.min == 1 && p.max == 1 {
		return l.lower(a, rest, start)
	}
	if p.max >= 0 || p.min > 1 || a.begins || hasAhead(a) {
		l.err = errors.New("a repeated anchor cannot be enforced")
		return none
	}
	// only the last round can reach the end of the text
	inner := l.lower(withoutEnd(a), eps, false)
	last := x.concat(x.star(inner), x.or(rest, l.lower(a, rest, start)))
	for range p.min {
		last = l.lower(a, last, start)
	}
	return last
}

func hasAhead(p *pattern) bool {
	if p.op == opAhead || p.op == opNotAhead {
		return true
	}
	for _, a := range p.args {
		if hasAhead(a) {
			return true
		}
	}
	return false
}

// withoutEnd returns p with $ matching nothing.
func withoutEnd(p *pattern) *pattern {
	if p.op == opEnd {
		return &pattern{op: opSet}
	}
	q := *p
	q.args = make([]*pattern, len(p.args))
	for i, a := range p.args {
		q.args[i] = withoutEnd(a)
	}
	return &q
}
