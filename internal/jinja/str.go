package jinja

import (
	"math"
	"strconv"
)

// str returns Python's str(v).
func (r *renderer) str(v any) chars {
	if c, ok := charsOf(v); ok {
		return c
	}
	switch v := v.(type) {
	case *undefined:
		return chars{}
	case nil:
		return chars{s: "None"}
	default:
		return r.repr(v)
	}
}

// repr returns Python's repr(v).
func (r *renderer) repr(v any) chars {
	var b buffer
	r.appendRepr(&b, v)
	return b.chars()
}

// appendRepr appends Python's repr(v).
func (r *renderer) appendRepr(b *buffer, v any) {
	r.spend(1)
	switch v := v.(type) {
	case string, markup, *marked:
		r.appendQuoted(b, v)
		return
	case *List:
		r.appendList(b, v)
		return
	case *Dict:
		r.appendDict(b, v)
		return
	case *namespace:
		b.text("<Namespace ")
		r.appendDict(b, v.fields)
		b.text(">")
		r.alloc(12)
		return
	}
	n := len(b.b)
	b.b = appendPlain(b.b, v)
	r.alloc(len(b.b) - n)
}

// appendQuoted appends Python's repr of a string.
func (r *renderer) appendQuoted(b *buffer, v any) {
	c, _ := charsOf(v)
	r.alloc(4 * c.size()) // a byte becomes at most "\x00"
	n := len(b.b)
	if isSafe(v) {
		b.b = append(appendQuoted(append(b.b, "Markup("...), c.s), ')')
	} else {
		b.b = appendQuoted(b.b, c.s)
	}
	b.markAs(c, n)
	r.alloc(len(b.b) - n)
}

// appendPlain appends Python's repr of a value without elements.
func appendPlain(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		b = append(b, "None"...)
	case bool:
		b = append(b, boolText(v)...)
	case int64:
		b = strconv.AppendInt(b, v, 10)
	case bigInt:
		b = append(b, v...)
	case float64:
		b = appendFloat(b, v)
	case *undefined:
		b = append(b, "Undefined"...)
	case *span:
		b = append(b, "range("...)
		b = append(strconv.AppendInt(b, v.start, 10), ", "...)
		b = strconv.AppendInt(b, v.stop, 10)
		if v.step != 1 {
			b = strconv.AppendInt(append(b, ", "...), v.step, 10)
		}
		b = append(b, ')')
	default:
		b = append(append(append(b, '<'), typeName(v)...), '>')
	}
	return b
}

func boolText(v bool) string {
	if v {
		return "True"
	}
	return "False"
}

// appendList appends a list as Python shows it.
func (r *renderer) appendList(b *buffer, l *List) {
	r.enter()
	defer func() { r.depth-- }()
	r.alloc(24 + 2*len(l.items))
	brackets := [...]string{"[]", "()", "<>", "[]"}[l.kind]
	switch l.kind {
	case isGenerator:
		b.text("<generator object>")
		return
	case isView:
		b.text("dict_items(")
	}
	b.text(brackets[:1])
	for i, x := range l.items {
		if i > 0 {
			b.text(", ")
		}
		r.appendRepr(b, x)
	}
	if l.kind == isTuple && len(l.items) == 1 {
		b.text(",")
	}
	b.text(brackets[1:])
	if l.kind == isView {
		b.text(")")
	}
}

// appendDict appends a dict as Python shows it.
func (r *renderer) appendDict(b *buffer, d *Dict) {
	r.enter()
	defer func() { r.depth-- }()
	r.alloc(2 + 4*len(d.keys))
	b.text("{")
	for i, k := range d.keys {
		if i > 0 {
			b.text(", ")
		}
		r.appendRepr(b, k)
		b.text(": ")
		r.appendRepr(b, d.values[i])
	}
	b.text("}")
}

// appendFloat appends Python's repr of a float: the fewest digits that read
// back to it, with an exponent below 1e-4 and from 1e16 on.
func appendFloat(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "nan"...)
	case math.IsInf(f, 0):
		if f < 0 {
			b = append(b, '-')
		}
		return append(b, "inf"...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.AppendFloat(b, f, 'e', -1, 64)
	}
	b = strconv.AppendFloat(b, f, 'f', -1, 64)
	if f == math.Trunc(f) {
		b = append(b, ".0"...)
	}
	return b
}
