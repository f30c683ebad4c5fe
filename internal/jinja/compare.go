package jinja

import "strings"

// compare returns a op b.
func (r *renderer) compare(op string, a, b any) bool {
	switch op {
	case "==":
		return r.equal(a, b)
	case "!=":
		return !r.equal(a, b)
	case "in":
		return r.contains(b, a)
	case "not in":
		return !r.contains(b, a)
	}
	c, ordered := r.order(op, a, b)
	switch {
	case !ordered: // NaN
		return false
	case op == "<":
		return c < 0
	case op == "<=":
		return c <= 0
	case op == ">":
		return c > 0
	}
	return c >= 0
}

// equal returns a == b.
func (r *renderer) equal(a, b any) bool {
	r.spend(1)
	if s, ok := textOf(a); ok {
		t, ok := textOf(b)
		if ok && len(s) == len(t) {
			r.spend(len(s) / 64)
		}
		return ok && s == t
	}
	if i, ok := asInt(a); ok {
		if j, ok := asInt(b); ok {
			return i == j
		}
	}
	if f, ok := asFloat(a); ok {
		g, ok := asFloat(b)
		return ok && f == g
	}
	switch a := a.(type) {
	case *undefined:
		_, ok := b.(*undefined)
		return ok
	case *List:
		b, ok := b.(*List)
		if !ok || a.kind != b.kind || a.kind == isGenerator {
			return ok && a == b
		}
		return r.equalItems(a.items, b.items)
	case *Dict:
		b, ok := b.(*Dict)
		return ok && r.equalDicts(a, b)
	case *span:
		b, ok := b.(*span)
		return ok && *a == *b
	}
	return a == b
}

func (r *renderer) equalItems(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	r.enter()
	defer func() { r.depth-- }()
	for i, x := range a {
		if !r.equal(x, b[i]) {
			return false
		}
	}
	return true
}

func (r *renderer) equalDicts(a, b *Dict) bool {
	if len(a.keys) != len(b.keys) {
		return false
	}
	r.enter()
	defer func() { r.depth-- }()
	for i, k := range a.keys {
		if v := r.get(b, k); v == absent || !r.equal(a.values[i], v) {
			return false
		}
	}
	return true
}

// order compares two values as < does: negative, 0 or positive, and false if one is
// NaN. The error about values without an order names op.
func (r *renderer) order(op string, a, b any) (c int, ordered bool) {
	r.spend(1)
	if i, ok := asInt(a); ok {
		if j, ok := asInt(b); ok {
			return order(i, j), true
		}
	}
	if f, ok := asFloat(a); ok {
		if g, ok := asFloat(b); ok {
			return order(f, g), f == f && g == g
		}
	}
	if s, ok := textOf(a); ok {
		if t, ok := textOf(b); ok {
			r.spend(min(len(s), len(t)) / 64)
			return strings.Compare(s, t), true
		}
	}
	l, ok := a.(*List)
	m, ok2 := b.(*List)
	if ok && ok2 && l.kind == m.kind && l.kind <= isTuple {
		r.enter()
		defer func() { r.depth-- }()
		for i, x := range l.items[:min(len(l.items), len(m.items))] {
			if !r.equal(x, m.items[i]) {
				return r.order(op, x, m.items[i])
			}
		}
		return order(int64(len(l.items)), int64(len(m.items))), true
	}
	r.bad(a)
	r.bad(b)
	r.fail("'%s' not supported between instances of '%s' and '%s'", op, typeName(a), typeName(b))
	return 0, false
}

func order[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// contains returns x in v.
func (r *renderer) contains(v, x any) bool {
	if s, ok := textOf(v); ok {
		t, ok := textOf(x)
		if !ok {
			r.fail("'in <string>' requires string as left operand, not %s", typeName(x))
		}
		r.spend((len(s) + len(t)) / 16)
		return strings.Contains(s, t)
	}
	switch v := v.(type) {
	case *Dict:
		if h := hashed(x); h == absent {
			if _, ok := x.(*undefined); ok {
				return false
			}
			r.fail("unhashable type: '%s'", typeName(x))
		}
		return r.get(v, x) != absent
	case *span:
		i, ok := asInt(x)
		n := v.length()
		return ok && n > 0 && (i-v.start)%v.step == 0 && (i-v.start)/v.step >= 0 && (i-v.start)/v.step < n
	case *List, *undefined, *loop:
		for _, y := range r.iterate(v) {
			if r.equal(x, y) {
				return true
			}
		}
		return false
	}
	r.fail("argument of type '%s' is not iterable", typeName(v))
	return false
}
