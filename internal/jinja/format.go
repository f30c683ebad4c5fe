package jinja

import "strings"

// A spec is how one value is formatted, by % or by str.format.
type spec struct {
	verb             byte
	left, plus       bool
	space, alt, zero bool
	center, equals   bool
	comma            bool
	fill             chars
	width, precision int // precision -1: none
}

// maxWidth bounds widths and precisions.
const maxWidth = 10_000

// printf returns Python's format % v.
func (r *renderer) printf(format chars, v any) chars {
	values := []any{v}
	dict, _ := v.(*Dict)
	if l, ok := v.(*List); ok && l.kind == isTuple {
		values = l.items
	}
	next := func() any {
		if len(values) == 0 {
			r.fail("not enough arguments for format string")
		}
		x := values[0]
		values = values[1:]
		return x
	}
	var out buffer
	for {
		i := strings.IndexByte(format.s, '%')
		r.spend(1)
		if i < 0 {
			break
		}
		out.add(format.to(i))
		r.alloc(2 * i)
		format = format.from(i + 1)
		if strings.HasPrefix(format.s, "%") {
			out.add(format.to(1))
			format = format.from(1)
			continue
		}
		var keyed any = absent
		if strings.HasPrefix(format.s, "(") {
			var n int
			keyed, n = r.keyed(format.s[1:], dict)
			format = format.from(1 + n)
			values = nil
		}
		s, n := r.percentSpec(format.s, next)
		format = format.from(n)
		if keyed == absent {
			keyed = next()
		}
		out.add(r.formatted(s, keyed))
	}
	if len(values) > 0 && dict == nil {
		r.fail("not all arguments converted during string formatting")
	}
	r.alloc(format.size())
	out.add(format)
	return out.chars()
}

// keyed returns the value of the key at the start of format, which ends at ), and
// the length of key and bracket.
func (r *renderer) keyed(format string, dict *Dict) (v any, n int) {
	key, _, ok := strings.Cut(format, ")")
	if !ok || dict == nil {
		r.fail("format requires a mapping")
	}
	if v = r.get(dict, key); v == absent {
		r.fail("format: no key %s", quoted(key))
	}
	return v, len(key) + 1
}

// percentSpec reads what follows a %, and returns its length.
func (r *renderer) percentSpec(format string, next func() any) (s spec, n int) {
	s.fill.s, s.precision = " ", -1
	i := 0
	for i < len(format) && s.flag(format[i]) {
		i++
	}
	read := func() int {
		if strings.HasPrefix(format[i:], "*") {
			i++
			return r.width(r.count64("format", next(), 0))
		}
		v := 0
		for ; i < len(format) && isDigit(format[i]); i++ {
			v = r.width(int64(10*v) + int64(format[i]-'0'))
		}
		return v
	}
	s.width = read()
	if s.width < 0 {
		s.left, s.width = true, -s.width
	}
	if strings.HasPrefix(format[i:], ".") {
		i++
		s.precision = max(read(), 0)
	}
	for i < len(format) && strings.IndexByte("hlL", format[i]) >= 0 {
		i++
	}
	if i == len(format) {
		r.fail("incomplete format")
	}
	s.verb = format[i]
	return s, i + 1
}

// flag sets the flag c of a % format, if it is one.
func (s *spec) flag(c byte) bool {
	switch c {
	case '-':
		s.left = true
	case '+':
		s.plus = true
	case ' ':
		s.space = true
	case '#':
		s.alt = true
	case '0':
		s.zero = true
	default:
		return false
	}
	return true
}

// width returns n, which must be at most maxWidth in magnitude.
func (r *renderer) width(n int64) int {
	if n > maxWidth || n < -maxWidth {
		r.fail("format: a width of more than %d", maxWidth)
	}
	return int(n)
}
