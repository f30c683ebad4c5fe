package jinja

// A buffer is a chars under construction. Its marks may be shorter than b: the
// rest of them are zeros.
type buffer struct{ b, marks []byte }

// add appends c.
func (b *buffer) add(c chars) {
	if c.marks != "" {
		b.fill()
		b.marks = append(b.marks, c.marks...)
	}
	b.b = append(b.b, c.s...)
}

// text appends s, a text of the template.
func (b *buffer) text(s string) { b.b = append(b.b, s...) }

// fill extends the marks to the length of b.
func (b *buffer) fill() {
	if n := len(b.b) - len(b.marks); n > 0 {
		b.marks = append(b.marks, make([]byte, n)...)
	}
}

// markAs marks everything from byte at on as content, if any of c is.
func (b *buffer) markAs(c chars, at int) {
	if c.marks != "" {
		b.mark(at)
	}
}

// mark marks everything from byte at on as content.
func (b *buffer) mark(at int) {
	b.fill()
	for i := at; i < len(b.marks); i++ {
		b.marks[i] = content[0]
	}
}

// chars returns what was written.
func (b *buffer) chars() chars {
	if b.marks == nil {
		return chars{s: string(b.b)}
	}
	b.fill()
	return chars{string(b.b), string(b.marks)}
}

// concatenated returns the parts one after the other.
func concatenated(list ...chars) chars {
	var b buffer
	for _, c := range list {
		b.add(c)
	}
	return b.chars()
}
