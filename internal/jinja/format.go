package jinja

import (
	"math"
	"strconv"
	"strings"
)

// A spec is how one value is formatted, by % or by str.format.
type spec struct {
	verb             byte
	left, plus       bool
	space, alt, zero bool
	center, equals   bool
	comma            bool
	fill             string
	width, precision int // precision -1: none
}

// maxWidth bounds widths and precisions.
const maxWidth = 10_000

// printf returns Python's format % v.
func (r *renderer) printf(format string, v any) string {
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
	var out []byte
	for {
		i := strings.IndexByte(format, '%')
		r.spend(1)
		if i < 0 {
			break
		}
		out = append(out, format[:i]...)
		r.alloc(i)
		format = format[i+1:]
		if strings.HasPrefix(format, "%") {
			out, format = append(out, '%'), format[1:]
			continue
		}
		var keyed any = absent
		if strings.HasPrefix(format, "(") {
			end := strings.IndexByte(format, ')')
			if end < 0 || dict == nil {
				r.fail("format requires a mapping")
			}
			if keyed = r.get(dict, format[1:end]); keyed == absent {
				r.fail("format: no key %s", quoted(format[1:end]))
			}
			format = format[end+1:]
			values = nil
		}
		s, n := r.percentSpec(format, next)
		format = format[n:]
		if keyed == absent {
			keyed = next()
		}
		out = append(out, r.formatted(s, keyed)...)
	}
	if len(values) > 0 && dict == nil {
		r.fail("not all arguments converted during string formatting")
	}
	r.alloc(len(format))
	return string(append(out, format...))
}

// percentSpec reads what follows a %, and returns its length.
func (r *renderer) percentSpec(format string, next func() any) (s spec, n int) {
	s.fill, s.precision = " ", -1
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

// width returns n, which must be a sensible width.
func (r *renderer) width(n int64) int {
	if n > maxWidth || n < -maxWidth {
		r.fail("format: a width of more than %d", maxWidth)
	}
	return int(n)
}

// formatted returns v as s says.
func (r *renderer) formatted(s spec, v any) string {
	var text string
	switch s.verb {
	case 's', 'r', 'a':
		text = r.str(v)
		if s.verb != 's' {
			text = r.repr(v)
		}
		if s.precision >= 0 {
			text = text[:runeOffset(text, s.precision)]
		}
		s.zero = false
	case 'c':
		text, _ = textOf(v)
		if i, ok := asInt(v); ok {
			text = string(rune(i))
		}
	case 'd', 'i', 'u', 'x', 'X', 'o', 'b':
		text = r.formatInt(s, v)
	case 'e', 'E', 'f', 'F', 'g', 'G', '%':
		text = r.formatFloat(s, v)
	default:
		r.fail("unsupported format character %s", quoted(string(rune(s.verb))))
	}
	r.alloc(len(text))
	return r.pad(s, text)
}

// pad brings text to its width.
func (r *renderer) pad(s spec, text string) string {
	n := s.width - r.runes(text)
	if n <= 0 {
		return text
	}
	r.alloc(n*len(s.fill) + len(text))
	switch {
	case s.zero && !s.left || s.equals:
		fill := s.fill
		if s.zero {
			fill = "0"
		}
		sign := ""
		if text != "" && strings.IndexByte("+- ", text[0]) >= 0 {
			sign, text = text[:1], text[1:]
		}
		return sign + strings.Repeat(fill, n) + text
	case s.left:
		return text + strings.Repeat(s.fill, n)
	case s.center:
		return strings.Repeat(s.fill, n/2) + text + strings.Repeat(s.fill, n-n/2)
	}
	return strings.Repeat(s.fill, n) + text
}

// sign puts the sign that s wants before a number.
func (s *spec) sign(text string) string {
	switch {
	case strings.HasPrefix(text, "-"):
	case s.plus:
		return "+" + text
	case s.space:
		return " " + text
	}
	return text
}

func (r *renderer) formatInt(s spec, v any) string {
	i, ok := asInt(v)
	if f, isFloat := v.(float64); isFloat && math.Abs(f) < 1<<63 && (s.verb == 'd' || s.verb == 'i' || s.verb == 'u') {
		i, ok = int64(f), true
	}
	if !ok {
		r.bad(v)
		r.fail("%%%c format: a real number is required, not %s", s.verb, typeName(v))
	}
	base, prefix := 10, ""
	switch s.verb {
	case 'x', 'X':
		base, prefix = 16, "0x"
	case 'o':
		base, prefix = 8, "0o"
	case 'b':
		base, prefix = 2, "0b"
	}
	text := strconv.FormatInt(i, base)
	if s.alt {
		sign, digits := "", text
		if strings.HasPrefix(text, "-") {
			sign, digits = "-", text[1:]
		}
		text = sign + prefix + digits
	}
	if s.verb == 'X' {
		text = strings.ToUpper(text)
	}
	if s.comma {
		text = commas(text)
	}
	return s.sign(text)
}

func (r *renderer) formatFloat(s spec, v any) string {
	f, ok := asFloat(v)
	if !ok {
		r.bad(v)
		r.fail("must be real number, not %s", typeName(v))
	}
	p, end := s.precision, ""
	if p < 0 {
		p = 6
	}
	r.spend(100 + p) // many digits are slow
	verb := s.verb
	switch verb {
	case '%':
		f, verb, end = 100*f, 'f', "%"
	case 'F':
		verb = 'f'
	case 'g', 'G':
		p = max(p, 1)
	}
	text := strconv.FormatFloat(f, verb, p, 64)
	text = strings.ToLower(strings.ReplaceAll(text, "+Inf", "inf"))
	if verb == 'E' || verb == 'G' {
		text = strings.ToUpper(text)
	}
	if s.comma {
		text = commas(text)
	}
	return s.sign(text) + end
}

// commas puts a comma before every third digit of a number's whole part.
func commas(text string) string {
	whole, rest, dot := strings.Cut(text, ".")
	first := 0
	if strings.HasPrefix(whole, "-") {
		first = 1
	}
	for i := len(whole) - 3; i > first; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		whole += "." + rest
	}
	return whole
}
