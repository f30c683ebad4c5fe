package jinja

import "unicode/utf8"

// fromEnd returns the index that Python's index i is in n elements, -1 if
// there is no such element.
func fromEnd(i int64, n int) int64 {
	if i < 0 {
		i += int64(n)
	}
	if i < 0 || i >= int64(n) {
		return -1
	}
	return i
}

// character returns s[i], absent if s is shorter.
func (r *renderer) character(s string, i int64) any {
	n := r.runes(s)
	i = fromEnd(i, n)
	switch {
	case i < 0:
		return absent
	case n == len(s):
		return s[i : i+1]
	}
	r.spend(int(i) / 16)
	s = s[runeOffset(s, int(i)):]
	return s[:runeLen(s)]
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

// slice returns v[lo:hi:step]; bounds that are nil are not given.
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
	case string:
		return r.substring(v, bounds)
	case markup:
		return markup(r.substring(string(v), bounds))
	}
	r.fail("'%s' object is not subscriptable", typeName(v))
	return nil
}

// substring returns s[lo:hi:step].
func (r *renderer) substring(s string, bounds [3]any) string {
	count := r.runes(s)
	lo, n, step := r.bounds(count, bounds)
	if step == 1 && count == len(s) {
		return s[lo : lo+n]
	}
	if step == 1 {
		r.spend(len(s) / 16)
		s = s[runeOffset(s, lo):]
		return s[:runeOffset(s, n)]
	}
	r.alloc(4*count + len(s))
	r.spend(count / 8)
	all := []rune(s)
	out := make([]rune, n)
	for i := range out {
		out[i] = all[lo+i*step]
	}
	return string(out)
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
