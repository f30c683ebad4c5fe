package gguf

import (
	"encoding/binary"
	"fmt"
)

// firstStep is how much of a file is read at first where nothing is mapped:
// the whole metadata of a model without a vocabulary.
const firstStep = 64 << 10

// A cursor reads a header from front to back. After the first error, kept in
// err, every read returns zero, so callers check err only where they loop or
// allocate.
type cursor struct {
	src  *source
	buf  []byte // the file from byte 0 on: all of it, or as much as was needed
	pos  int64
	end  int64 // no header goes beyond
	wide bool  // lengths have 64 bits (version 2 on), not 32
	kind string
	name string // what is being read, for errors: key "…", tensor "…"
	err  error
}

func newCursor(s *source) *cursor {
	return &cursor{src: s, buf: s.data, end: min(s.size, maxHeader)}
}

// at names what is read from here on.
func (c *cursor) at(kind, name string) { c.kind, c.name = kind, name }

// fail keeps the first error, about the byte at pos.
func (c *cursor) fail(pos int64, format string, args ...any) {
	if c.err != nil {
		return
	}
	e := &formatError{file: c.src.name, what: fmt.Sprintf(format, args...), at: pos}
	if c.kind != "" {
		e.subject = subject(c.kind, c.name)
	}
	c.err = e
}

// short is what to think of where the file ends before its metadata do.
func (c *cursor) short() string {
	if c.end < c.src.size {
		return ""
	}
	return ": is the download complete?"
}

// left returns the bytes that the header may still have.
func (c *cursor) left() uint64 { return uint64(c.end - c.pos) }

// take returns the next n bytes, valid until the next take; nil after an error.
func (c *cursor) take(n uint64) []byte {
	if c.err != nil {
		return nil
	}
	if n > c.left() {
		if c.end == maxHeader && n <= uint64(c.src.size-c.pos) {
			c.fail(c.pos, "more than %d bytes of metadata", int64(maxHeader))
		} else {
			c.fail(c.pos, "%d bytes wanted, %d left in the file%s", n, c.src.size-c.pos, c.short())
		}
		return nil
	}
	if c.fill(c.pos + int64(n)); c.err != nil {
		return nil
	}
	b := c.buf[c.pos : c.pos+int64(n)]
	c.pos += int64(n)
	return b
}

// fill makes buf reach to, which is not beyond end. It reads in steps that
// double, so that memory follows what the file really has.
func (c *cursor) fill(to int64) {
	for int64(len(c.buf)) < to {
		have := int64(len(c.buf))
		grown := make([]byte, min(max(2*have, firstStep), c.end))
		copy(grown, c.buf)
		if err := c.src.readAt(grown[have:], have); err != nil {
			c.err = err
			return
		}
		c.buf = grown
	}
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if b := c.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// length reads a count or a length, which version 1 writes in 32 bits.
func (c *cursor) length() uint64 {
	if c.wide {
		return c.u64()
	}
	return uint64(c.u32())
}

// lengthSize returns the bytes of a length.
func (c *cursor) lengthSize() uint64 {
	if c.wide {
		return 8
	}
	return 4
}

// count reads a number of things of at least size bytes each, at most limit.
func (c *cursor) count(what string, size, limit uint64) uint64 {
	pos := c.pos
	n := c.length()
	c.checkCount(pos, n, what, size)
	if n > limit {
		c.fail(pos, "%d %s, at most %d", n, what, limit)
	}
	if c.err != nil {
		return 0
	}
	return n
}

// checkCount fails unless n things of at least size bytes each fit in what is left.
func (c *cursor) checkCount(pos int64, n uint64, what string, size uint64) {
	if n > c.left()/size {
		c.fail(pos, "%d %s of at least %d bytes, but %d bytes are left%s", n, what, size, c.left(), c.short())
	}
}

// text reads a string of at most limit bytes.
func (c *cursor) text(what string, limit uint64) string {
	pos := c.pos
	n := c.length()
	switch {
	case c.err != nil:
		return ""
	case n > c.left():
		c.fail(pos, "%s of %d bytes, but %d bytes are left%s", what, n, c.left(), c.short())
	case n > limit:
		c.fail(pos, "%s of %d bytes, at most %d", what, n, limit)
	}
	return string(c.take(n))
}
