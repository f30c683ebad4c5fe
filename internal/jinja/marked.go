package jinja

import (
	"strings"
	"unicode/utf8"
)

// chars are the text of a string and where it comes from. marks has a byte for
// each byte of s: one if it comes from content, else zero; it is "" if none does.
// What a template makes of content is content, so every function that returns
// strings works on chars. A function that cannot tell which part of its result
// comes from content marks all of it.
type chars struct{ s, marks string }

// A marked is a value: a string with marks.
type marked struct {
	chars
	safe bool // as markup
}

const (
	own     = "\x00" // the mark of text of the template
	content = "\x01" // the mark of content
)

// charsOf returns the string in v, if it is one.
func charsOf(v any) (chars, bool) {
	switch v := v.(type) {
	case string:
		return chars{s: v}, true
	case markup:
		return chars{s: string(v)}, true
	case *marked:
		return v.chars, true
	}
	return chars{}, false
}

// value returns c as a value.
func (c chars) value() any {
	if c.marks == "" {
		return c.s
	}
	return &marked{chars: c}
}

// markup returns c as a value that is marked as safe.
func (c chars) markup() any {
	if c.marks == "" {
		return markup(c.s)
	}
	return &marked{c, true}
}

// isSafe reports whether v is a string that is marked as safe.
func isSafe(v any) bool {
	switch v := v.(type) {
	case markup:
		return true
	case *marked:
		return v.safe
	}
	return false
}

// like returns c as the type of string that self is.
func like(self any, c chars) any {
	if isSafe(self) {
		return c.markup()
	}
	return c.value()
}

// cut returns the bytes from lo to hi.
func (c chars) cut(lo, hi int) chars {
	if c.marks != "" {
		c.marks = c.marks[lo:hi]
	}
	c.s = c.s[lo:hi]
	return c
}

// from returns the bytes from lo on.
func (c chars) from(lo int) chars { return c.cut(lo, len(c.s)) }

// to returns the bytes up to hi.
func (c chars) to(hi int) chars { return c.cut(0, hi) }

// size returns how many bytes c takes.
func (c chars) size() int { return len(c.s) + len(c.marks) }

// all returns s, which was made from c: all of it is content if any of c is.
func (c chars) all(s string) chars {
	if c.marks == "" {
		return chars{s: s}
	}
	return chars{s, strings.Repeat(content, len(s))}
}

// each returns s, which has a character for each one of c, with the marks of c.
func (c chars) each(s string) chars {
	if c.marks == "" || utf8.RuneCountInString(s) != utf8.RuneCountInString(c.s) {
		return c.all(s)
	}
	marks := make([]byte, 0, len(s))
	at := 0
	for i := 0; i < len(s); {
		n := runeLen(s[i:])
		i += n
		for range n {
			marks = append(marks, c.marks[at])
		}
		at += runeLen(c.s[at:])
	}
	return chars{s, string(marks)}
}

// repeat returns c n times.
func (c chars) repeat(n int) chars {
	return chars{strings.Repeat(c.s, n), strings.Repeat(c.marks, n)}
}

// Mark returns v, a value of [Decode], with all its strings marked as content,
// those of keys included.
func Mark(v any) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return v
		}
		return chars{s: v, marks: "-"}.all(v).value()
	case *List:
		l := &List{items: make([]any, len(v.items)), kind: v.kind}
		for i, x := range v.items {
			l.items[i] = Mark(x)
		}
		return l
	case *Dict:
		d := NewDict()
		for i, k := range v.keys {
			d.set(Mark(k), Mark(v.values[i]))
		}
		return d
	}
	return v
}

// Joined returns the string of parts one after another.
func Joined(parts []Segment) any {
	var b buffer
	for _, p := range parts {
		at := len(b.b)
		if b.text(p.Text); p.Content && p.Text != "" {
			b.mark(at)
		}
	}
	return b.chars().value()
}

// A Segment is a part of a text that comes from content, or from the template.
type Segment struct {
	Text    string
	Content bool
}

// isContent reports whether c, which is not empty, begins with content.
func (c chars) isContent() bool { return c.marks != "" && c.marks[0] == content[0] }

// run returns how many bytes have the mark of the first.
func (c chars) run() int {
	other := own
	if !c.isContent() {
		other = content
	}
	if i := strings.Index(c.marks, other); i >= 0 {
		return i
	}
	return len(c.s)
}

// segments returns the parts of c, each as long as possible.
func (c chars) segments() []Segment {
	var list []Segment
	for c.s != "" {
		n := c.run()
		list = append(list, Segment{c.s[:n], c.isContent()})
		c = c.from(n)
	}
	return list
}
