package jinja

import (
	"strings"
	"unicode/utf8"
)

// formatMethod is str.format: {}, {0}, {name}, with !r and a format, without
// attributes and elements of the values.
func (r *renderer) formatMethod(self any, a args) any {
	format, _ := textOf(self)
	var out []byte
	auto := 0
	for format != "" {
		r.spend(1)
		i := strings.IndexAny(format, "{}")
		if i < 0 {
			break
		}
		out = append(out, format[:i]...)
		r.alloc(i + 1)
		c := format[i]
		format = format[i+1:]
		if strings.HasPrefix(format, string(c)) {
			out, format = append(out, c), format[1:]
			continue
		}
		field, rest, ok := strings.Cut(format, "}")
		if c == '}' || !ok {
			r.fail("format: a single %c", c)
		}
		format = rest
		s := r.formatField(field, a, &auto)
		r.alloc(len(s))
		out = append(out, s...)
	}
	r.alloc(len(format))
	return like(self, string(append(out, format...)))
}

// formatField returns what a field of str.format stands for.
func (r *renderer) formatField(field string, a args, auto *int) string {
	field, how, _ := strings.Cut(field, ":")
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
		v = r.repr(v)
	}
	if how == "" {
		return r.str(v)
	}
	return r.formatted(r.fieldSpec(how, v), v)
}

// fieldSpec reads [[fill]align][sign][#][0][width][,][.precision][type].
func (r *renderer) fieldSpec(how string, v any) spec {
	s := spec{fill: " ", precision: -1}
	_, isText := textOf(v)
	s.left = isText
	_, n := utf8.DecodeRuneInString(how)
	if len(how) > n && strings.IndexByte("<>=^", how[n]) >= 0 {
		s.fill = how[:n]
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

// align sets the alignment that c stands for.
func (s *spec) align(c byte) {
	s.left, s.center, s.equals = c == '<', c == '^', c == '='
}
