package jinja

import (
	"math"
	"strings"
)

// asInt returns the integer in v: an int or a bool.
func asInt(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// asFloat returns the number in v.
func asFloat(v any) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	i, ok := asInt(v)
	return float64(i), ok
}

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
		if s, ok := textOf(a); ok {
			return r.printf(s, b)
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

// join returns a + b of two strings or lists, absent if they are no such.
func (r *renderer) join(a, b any) any {
	if s, ok := textOf(a); ok {
		t, ok := textOf(b)
		if !ok {
			return absent
		}
		_, safeA := a.(markup)
		_, safeB := b.(markup)
		if safeA != safeB {
			if safeA {
				t = r.escapeHTML(t)
			} else {
				s = r.escapeHTML(s)
			}
		}
		r.alloc(len(s) + len(t))
		if safeA || safeB {
			return markup(s + t)
		}
		return s + t
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

var htmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;")

// escapeHTML returns s as MarkupSafe escapes it.
func (r *renderer) escapeHTML(s string) string {
	r.alloc(5 * len(s)) // "&amp;" is the longest a byte can become
	return htmlEscapes.Replace(s)
}

// times returns a sequence repeated n times, absent if these are no such.
func (r *renderer) times(a, n any) any {
	count, ok := asInt(n)
	if !ok {
		return absent
	}
	switch v := a.(type) {
	case string:
		return strings.Repeat(v, r.repeats(len(v), count))
	case markup:
		return markup(strings.Repeat(string(v), r.repeats(len(v), count)))
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

// repeats returns how often to repeat what has size bytes, and takes as many.
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

// integer returns i op j.
func (r *renderer) integer(op string, i, j int64) any {
	switch op {
	case "+":
		if s := i + j; (s > i) == (j > 0) {
			return s
		}
	case "-":
		if s := i - j; (s < i) == (j > 0) {
			return s
		}
	case "*":
		if p := i * j; i == 0 || p/i == j && !(i == -1 && j == math.MinInt64) {
			return p
		}
	case "/":
		return r.float(op, float64(i), float64(j))
	case "//", "%":
		if j == 0 {
			r.fail("integer division or modulo by zero")
		}
		q, m := i/j, i%j
		if m != 0 && (m < 0) != (j < 0) {
			q, m = q-1, m+j
		}
		if op == "%" {
			return m
		}
		if !(i == math.MinInt64 && j == -1) {
			return q
		}
	case "**":
		return r.power(i, j)
	}
	r.fail("the integer does not fit into 64 bits")
	return nil
}

// power returns i ** j.
func (r *renderer) power(i, j int64) any {
	if j < 0 {
		return r.float("**", float64(i), float64(j))
	}
	p := int64(1)
	for ; j > 0; j-- {
		if i == 0 || i == 1 {
			return i
		}
		if i == -1 {
			return 1 - 2*(j&1)
		}
		p = r.integer("*", p, i).(int64)
	}
	return p
}

// float returns f op g.
func (r *renderer) float(op string, f, g float64) any {
	switch op {
	case "+":
		return f + g
	case "-":
		return f - g
	case "*":
		return f * g
	case "**":
		if f == 0 && g < 0 {
			r.fail("0.0 cannot be raised to a negative power")
		}
		return math.Pow(f, g)
	}
	if g == 0 {
		r.fail("division by zero")
	}
	if op == "/" {
		return f / g
	}
	m := math.Mod(f, g)
	if m != 0 && (m < 0) != (g < 0) {
		m += g
	}
	if op == "%" {
		return m
	}
	return math.Floor((f-m)/g + 0.5)
}
