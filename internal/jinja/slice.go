package jinja

import "unicode/utf8"

// fromEnd returns the index of Python's element i of n, which may be negative; -1
// if there is no such element.
func fromEnd(i int64, n int) int64 {
	if i < 0 {
		i += int64(n)
	}
	if i < 0 || i >= int64(n) {
		return -1
	}
	return i
}

// character returns s[i], absent if the string v is shorter.
func (r *renderer) character(v any, i int64) any {
	c, _ := charsOf(v)
	n := r.runes(c.s)
	i = fromEnd(i, n)
	switch {
	case i < 0:
		return absent
	case n == len(c.s):
		return like(v, c.cut(int(i), int(i)+1))
	}
	r.spend(int(i) / 16)
	c = c.from(runeOffset(c.s, int(i)))
	return like(v, c.to(runeLen(c.s)))
}

// runeLen returns the number of bytes of the first character of s, which is
// not empty.
func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// runeOffset returns the byte at which character n of s begins.
func runeOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// slice returns v[lo:hi:step]; a missing bound is nil.
func (r *renderer) slice(v any, bounds [3]any) any {
	if u, ok := v.(*undefined); ok {
		r.used(u)
	}
	switch v := v.(type) {
	case *List:
		if v.kind != isList && v.kind != isTuple {
			break
		}
		lo, n, step := r.bounds(len(v.items), bounds)
		if step == 1 {
			r.alloc(2 * listEntry)
			return &List{items: v.items[lo : lo+n : lo+n], kind: v.kind}
		}
		r.alloc(listEntry * (2 + n))
		r.spend(n)
		items := make([]any, n)
		for i := range items {
			items[i] = v.items[lo+i*step]
		}
		return &List{items: items, kind: v.kind}
	case string, markup, *marked:
		c, _ := charsOf(v)
		return like(v, r.substring(c, bounds))
	}
	r.fail("'%s' object is not subscriptable", typeName(v))
	return nil
}

// substring returns c[lo:hi:step].
func (r *renderer) substring(c chars, bounds [3]any) chars {
	count := r.runes(c.s)
	lo, n, step := r.bounds(count, bounds)
	if step == 1 && count == len(c.s) {
		return c.cut(lo, lo+n)
	}
	if step == 1 {
		r.spend(len(c.s) / 16)
		c = c.from(runeOffset(c.s, lo))
		return c.to(runeOffset(c.s, n))
	}
	r.alloc(4*count + c.size())
	r.spend(count / 8)
	all := []rune(c.s)
	out := make([]rune, n)
	for i := range out {
		out[i] = all[lo+i*step]
	}
	return c.all(string(out))
}

// bounds returns the first element, the number of elements and the step of a
// slice of n elements.
func (r *renderer) bounds(n int, b [3]any) (lo, count, step int) {
	at := func(x any, low, high, none int) int {
		if x == nil {
			return none
		}
		i, ok := asInt(x)
		if !ok {
			r.fail("slice indices must be integers or None")
		}
		if i < 0 {
			i = max(i, -int64(n)-1) + int64(n)
		}
		return int(min(max(i, int64(low)), int64(high)))
	}
	step = 1
	if b[2] != nil {
		s, ok := asInt(b[2])
		if !ok || s == 0 {
			r.fail("slice step must be an integer other than zero")
		}
		step = int(min(max(s, -1<<30), 1<<30))
	}
	if step > 0 {
		lo, hi := at(b[0], 0, n, 0), at(b[1], 0, n, n)
		return lo, max(0, (hi-lo+step-1)/step), step
	}
	lo, hi := at(b[0], -1, n-1, n-1), at(b[1], -1, n-1, -1)
	return lo, max(0, (lo-hi-step-1)/-step), step
}
