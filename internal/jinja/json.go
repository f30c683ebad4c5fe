package jinja

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonWriter writes values as Python's json.dumps does.
type jsonWriter struct {
	r          *renderer
	out        buffer
	ascii      bool
	sort       bool
	indent     string
	lines      bool // indent was given, perhaps as ""
	item, pair string
	given      []chars // those that come from the template
}

// filterToJSON is Hugging Face's tojson: json.dumps with ensure_ascii=False.
func filterToJSON(r *renderer, v any, b []any) any {
	w := jsonWriter{r: r, ascii: flag(b[0]), sort: flag(b[3]), item: ", ", pair: ": "}
	if b[1] != absent && b[1] != nil {
		w.lines, w.item = true, ","
		if c, ok := charsOf(b[1]); ok {
			w.indent, w.given = c.s, append(w.given, c)
		} else {
			w.indent = strings.Repeat(" ", r.repeats(1, r.count64("tojson: indent", b[1], 0)))
		}
	}
	if b[2] != absent && b[2] != nil {
		l, ok := b[2].(*List)
		if !ok || len(l.items) != 2 {
			r.fail("tojson: separators wants two strings")
		}
		item, pair := r.word("tojson: separators", l.items[0]), r.word("tojson: separators", l.items[1])
		w.item, w.pair, w.given = item.s, pair.s, append(w.given, item, pair)
	}
	w.value(v, 0)
	for _, c := range w.given {
		w.out.markAs(c, 0)
	}
	return w.out.chars().value()
}

// value writes v.
func (w *jsonWriter) value(v any, depth int) {
	r := w.r
	r.enter()
	r.spend(1)
	n := len(w.out.b)
	switch v := v.(type) {
	case nil:
		w.out.text("null")
	case bool:
		w.out.b = strconv.AppendBool(w.out.b, v)
	case int64:
		w.out.b = strconv.AppendInt(w.out.b, v, 10)
	case bigInt:
		w.out.text(string(v))
	case float64:
		w.out.b = appendJSONFloat(w.out.b, v)
	case string, markup, *marked:
		c, _ := charsOf(v)
		w.string(c)
		n = len(w.out.b) // string has taken its bytes
	case *List:
		if v.kind > isTuple {
			r.fail("Object of type %s is not JSON serializable", typeName(v))
		}
		w.list(v, depth)
		n = len(w.out.b)
	case *Dict:
		w.dict(v, depth)
		n = len(w.out.b)
	default:
		r.fail("Object of type %s is not JSON serializable", typeName(v))
	}
	r.alloc(len(w.out.b) - n)
	r.depth--
}

// appendJSONFloat appends a float as json.dumps does.
func appendJSONFloat(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	}
	return appendFloat(b, f)
}

// newline begins a new line if indent was given.
func (w *jsonWriter) newline(depth int) {
	if !w.lines {
		return
	}
	w.r.alloc(1 + depth*len(w.indent))
	w.out.text("\n")
	for range depth {
		w.out.text(w.indent)
	}
}

func (w *jsonWriter) list(l *List, depth int) {
	w.out.text("[")
	for i, x := range l.items {
		w.next(i, depth)
		w.value(x, depth+1)
	}
	w.close("]", len(l.items), depth)
}

// next writes the separator before element i.
func (w *jsonWriter) next(i, depth int) {
	w.r.alloc(4 + len(w.item) + len(w.pair))
	if i > 0 {
		w.out.text(w.item)
	}
	w.newline(depth + 1)
}

// close writes the end after n elements.
func (w *jsonWriter) close(bracket string, n, depth int) {
	if n > 0 {
		w.newline(depth)
	}
	w.out.text(bracket)
}

func (w *jsonWriter) dict(d *Dict, depth int) {
	pairs := w.r.pairs(d, isList).items
	if w.sort {
		pairs = w.r.sorted(pairs, func(v any) any { return v.(*List).items[0] }, false)
	}
	w.out.text("{")
	for i, p := range pairs {
		kv := p.(*List).items
		w.next(i, depth)
		w.key(kv[0])
		w.out.text(w.pair)
		w.value(kv[1], depth+1)
	}
	w.close("}", len(pairs), depth)
}

// key writes a key, which is a string in JSON.
func (w *jsonWriter) key(k any) {
	if c, ok := charsOf(k); ok {
		w.string(c)
		return
	}
	w.out.text(`"`)
	w.value(k, 0)
	w.out.text(`"`)
}

// string writes a string.
func (w *jsonWriter) string(c chars) {
	s := c.s
	w.r.alloc(c.size() + 2)
	w.r.spend(len(s) / 16)
	start := len(w.out.b)
	b := append(w.out.b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && (c < utf8.RuneSelf || !w.ascii) {
			i++
			continue
		}
		w.r.alloc(12)
		b = append(b, s[from:i]...)
		r, n := utf8.DecodeRuneInString(s[i:])
		b = appendJSONEscape(b, r)
		i += n
		from = i
	}
	w.out.b = append(append(b, s[from:]...), '"')
	w.out.markAs(c, start)
}

// appendJSONEscape appends the escape of a character.
func appendJSONEscape(b []byte, c rune) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(b, '\\', byte(c))
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	}
	if c >= 0x10000 {
		hi, lo := utf16.EncodeRune(c)
		return appendJSONEscape(appendJSONEscape(b, hi), lo)
	}
	return append(b, '\\', 'u', hex[c>>12&15], hex[c>>8&15], hex[c>>4&15], hex[c&15])
}
