package jinja

import (
	"strings"
	"unicode/utf8"
)

// formatMethod is str.format: {}, {0}, {name}, with !r and a format, without
// attributes and elements of the values.
func (r *renderer) formatMethod(self any, a args) any {
	format, _ := charsOf(self)
	var out buffer
	auto := 0
	for format.s != "" {
		r.spend(1)
		i := strings.IndexAny(format.s, "{}")
		if i < 0 {
			break
		}
		out.add(format.to(i))
		r.alloc(2*i + 1)
		c := format.s[i]
		format = format.from(i + 1)
		if format.s != "" && format.s[0] == c {
			out.add(format.to(1))
			format = format.from(1)
			continue
		}
		end := strings.IndexByte(format.s, '}')
		if c == '}' || end < 0 {
			r.fail("format: a single %c", c)
		}
		text := r.formatField(format.to(end), a, &auto)
		format = format.from(end + 1)
		r.alloc(text.size())
		out.add(text)
	}
	r.alloc(format.size())
	out.add(format)
	return like(self, out.chars())
}

// formatField returns the text of a field of str.format.
func (r *renderer) formatField(all chars, a args, auto *int) chars {
	field, how, _ := strings.Cut(all.s, ":")
	spec := all.from(len(all.s) - len(how))
	field, conversion, _ := strings.Cut(field, "!")
	var v any = absent
	if field == "" {
		if *auto < len(a.pos) {
			v = a.pos[*auto]
		}
		*auto++
	} else if i, ok := decimal(field); ok {
		if i < int64(len(a.pos)) {
			v = a.pos[i]
		}
	} else {
		r.spend(len(a.names) / 8)
		for i, n := range a.names {
			if n == field {
				v = a.values[i]
			}
		}
	}
	if v == absent {
		r.fail("format: nothing for the field %s", quoted(field))
	}
	if conversion == "r" {
		v = r.repr(v).value()
	}
	if how == "" {
		return r.str(v)
	}
	return r.formatted(r.fieldSpec(spec, v), v)
}

// fieldSpec reads [[fill]align][sign][#][0][width][,][.precision][type].
func (r *renderer) fieldSpec(all chars, v any) spec {
	how := all.s
	s := spec{fill: chars{s: " "}, precision: -1}
	_, isText := textOf(v)
	s.left = isText
	_, n := utf8.DecodeRuneInString(how)
	if len(how) > n && strings.IndexByte("<>=^", how[n]) >= 0 {
		s.fill = all.to(n)
		s.align(how[n])
		how = how[n+1:]
	} else if strings.IndexByte("<>=^", how[0]) >= 0 {
		s.align(how[0])
		how = how[1:]
	}
	cut := func(c string) bool {
		rest, ok := strings.CutPrefix(how, c)
		how = rest
		return ok
	}
	read := func() (v int) {
		for how != "" && isDigit(how[0]) {
			v = r.width(int64(10*v) + int64(how[0]-'0'))
			how = how[1:]
		}
		return v
	}
	s.plus = cut("+")
	s.space = cut(" ")
	cut("-")
	s.alt = cut("#")
	s.zero = cut("0") && !isText
	s.width = read()
	s.comma = cut(",")
	if cut(".") {
		s.precision = read()
	}
	switch len(how) {
	case 0:
		s.verb = 's'
		if _, ok := asInt(v); ok {
			s.verb = 'd'
		} else if _, ok := v.(float64); ok && s.precision >= 0 {
			s.verb = 'g'
		}
	case 1:
		s.verb = how[0]
	default:
		r.fail("format: invalid specifier %s", quoted(how))
	}
	return s
}

// align sets the alignment for the character c.
func (s *spec) align(c byte) {
	s.left, s.center, s.equals = c == '<', c == '^', c == '='
}
