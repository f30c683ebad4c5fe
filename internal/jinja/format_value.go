package jinja

import (
	"math"
	"strconv"
	"strings"
)

// formatted returns v in the format s.
func (r *renderer) formatted(s spec, v any) chars {
	var text chars
	switch s.verb {
	case 's', 'r', 'a':
		text = r.str(v)
		if s.verb != 's' {
			text = r.repr(v)
		}
		if s.precision >= 0 {
			text = text.to(runeOffset(text.s, s.precision))
		}
		s.zero = false
	case 'c':
		text, _ = charsOf(v)
		if i, ok := asInt(v); ok {
			text.s = string(rune(i))
		}
	case 'd', 'i', 'u', 'x', 'X', 'o', 'b':
		text.s = r.formatInt(s, v)
	case 'e', 'E', 'f', 'F', 'g', 'G', '%':
		text.s = r.formatFloat(s, v)
	default:
		r.fail("unsupported format character %s", quoted(string(rune(s.verb))))
	}
	r.alloc(text.size())
	return r.pad(s, text)
}

// pad pads text to the width of s.
func (r *renderer) pad(s spec, text chars) chars {
	n := s.width - r.runes(text.s)
	if n <= 0 {
		return text
	}
	r.alloc(n*s.fill.size() + text.size())
	switch {
	case s.zero && !s.left || s.equals:
		fill := s.fill
		if s.zero {
			fill = chars{s: "0"}
		}
		sign := 0
		if text.s != "" && strings.IndexByte("+- ", text.s[0]) >= 0 {
			sign = 1
		}
		return concatenated(text.to(sign), fill.repeat(n), text.from(sign))
	case s.left:
		return concatenated(text, s.fill.repeat(n))
	case s.center:
		return concatenated(s.fill.repeat(n/2), text, s.fill.repeat(n-n/2))
	}
	return concatenated(s.fill.repeat(n), text)
}

// sign puts the sign by s before a number.
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
