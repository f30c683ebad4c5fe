package jinja

import "strings"

// signed returns -v or +v.
func (r *renderer) signed(op string, v any) any {
	if i, ok := asInt(v); ok {
		if op == "+" {
			return i
		}
		return r.integer("-", 0, i)
	}
	f, ok := v.(float64)
	if !ok {
		r.bad(v)
		r.fail("bad operand type for unary %s: '%s'", op, typeName(v))
	}
	if op == "-" {
		return -f
	}
	return f
}

// bad fails if v is undefined.
func (r *renderer) bad(v any) {
	if u, ok := v.(*undefined); ok {
		r.used(u)
	}
}

// binary returns a op b.
func (r *renderer) binary(op string, a, b any) any {
	if i, ok := asInt(a); ok {
		if j, ok := asInt(b); ok {
			return r.integer(op, i, j)
		}
	}
	if f, ok := asFloat(a); ok {
		if g, ok := asFloat(b); ok {
			return r.float(op, f, g)
		}
	}
	switch op {
	case "+":
		if v := r.join(a, b); v != absent {
			return v
		}
	case "*":
		if v := r.times(a, b); v != absent {
			return v
		}
		if v := r.times(b, a); v != absent {
			return v
		}
	case "%":
		if c, ok := charsOf(a); ok {
			return r.printf(c, b).value()
		}
	}
	r.bad(a)
	r.bad(b)
	if _, ok := textOf(a); ok && op == "+" {
		r.fail("can only concatenate str (not \"%s\") to str", typeName(b))
	}
	r.fail("unsupported operand type(s) for %s: '%s' and '%s'", op, typeName(a), typeName(b))
	return nil
}

// join returns a + b of two strings or two lists, absent for other types.
func (r *renderer) join(a, b any) any {
	if _, ok := textOf(a); ok {
		if _, ok := textOf(b); !ok {
			return absent
		}
		return r.joinText(a, b)
	}
	l, ok := a.(*List)
	m, ok2 := b.(*List)
	if !ok || !ok2 || l.kind != m.kind || l.kind > isTuple {
		return absent
	}
	r.alloc(listEntry * (2 + len(l.items) + len(m.items)))
	items := make([]any, 0, len(l.items)+len(m.items))
	return &List{items: append(append(items, l.items...), m.items...), kind: l.kind}
}

// joinText returns a + b of two strings.
func (r *renderer) joinText(a, b any) any {
	s, _ := charsOf(a)
	t, _ := charsOf(b)
	safeA, safeB := isSafe(a), isSafe(b)
	if safeA != safeB {
		if safeA {
			t = r.escapeHTML(t)
		} else {
			s = r.escapeHTML(s)
		}
	}
	r.alloc(len(s.s) + len(t.s))
	if s.marks == "" && t.marks == "" {
		s.s += t.s
	} else {
		r.alloc(len(s.s) + len(t.s)) // the marks
		s = concatenated(s, t)
	}
	if safeA || safeB {
		return s.markup()
	}
	return s.value()
}

var htmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;")

// escapeHTML returns c as MarkupSafe escapes it.
func (r *renderer) escapeHTML(c chars) chars {
	r.alloc(5 * c.size()) // a byte becomes at most "&amp;"
	var b buffer
	for c.s != "" {
		n := c.run()
		at := len(b.b)
		b.text(htmlEscapes.Replace(c.s[:n]))
		if c.isContent() {
			b.mark(at)
		}
		c = c.from(n)
	}
	return b.chars()
}

// times returns a sequence repeated n times, absent for other types.
func (r *renderer) times(a, n any) any {
	count, ok := asInt(n)
	if !ok {
		return absent
	}
	switch v := a.(type) {
	case string, markup, *marked:
		c, _ := charsOf(v)
		return like(v, c.repeat(r.repeats(c.size(), count)))
	case *List:
		if v.kind > isTuple {
			return absent
		}
		n := r.repeats(listEntry*len(v.items), count)
		items := make([]any, 0, n*len(v.items))
		for range n {
			items = append(items, v.items...)
		}
		return &List{items: items, kind: v.kind}
	}
	return absent
}

// repeats returns how often to repeat a value of size bytes, and takes the bytes
// for it from the budget.
func (r *renderer) repeats(size int, count int64) int {
	if size == 0 || count <= 0 {
		return 0
	}
	if count > int64(r.bytes/size) {
		r.alloc(-1)
	}
	r.alloc(size * int(count))
	return int(count)
}
