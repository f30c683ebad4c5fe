package jinja

// A buffer is chars that are being written. Its marks may be shorter than b:
// what they lack are zeros.
type buffer struct{ b, marks []byte }

// add appends c.
func (b *buffer) add(c chars) {
	if c.marks != "" {
		b.fill()
		b.marks = append(b.marks, c.marks...)
	}
	b.b = append(b.b, c.s...)
}

// text appends s, which is the template's own.
func (b *buffer) text(s string) { b.b = append(b.b, s...) }

// fill completes the marks.
func (b *buffer) fill() {
	if n := len(b.b) - len(b.marks); n > 0 {
		b.marks = append(b.marks, make([]byte, n)...)
	}
}

// markAs makes what was written from byte at on content, if c has some.
func (b *buffer) markAs(c chars, at int) {
	if c.marks != "" {
		b.mark(at)
	}
}

// mark makes what was written from byte at on content.
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

// concatenated returns one after the other.
func concatenated(list ...chars) chars {
	var b buffer
	for _, c := range list {
		b.add(c)
	}
	return b.chars()
}
