package gguf

import (
	"encoding/binary"
	"fmt"
)

// firstStep is how much of a file that is not mapped is read at first: enough
// for the metadata of a model without a vocabulary.
const firstStep = 64 << 10

// A cursor reads a header from front to back. After the first error, kept in
// err, every read returns zero, so callers check err only where they loop or
// allocate.
type cursor struct {
	src  *source
	buf  []byte // the file from byte 0 on: all of it, or as much as was needed
	pos  int64
	end  int64 // where the header must have ended
	wide bool  // lengths have 64 bits (version 2 on), not 32
	kind string
	name string // what is read now, for errors: key "…", tensor "…"
	err  error
}

func newCursor(s *source) *cursor {
	return &cursor{src: s, buf: s.data, end: min(s.size, maxHeader)}
}

// at sets the name of what is read from now on.
func (c *cursor) at(kind, name string) { c.kind, c.name = kind, name }

// fail keeps an error about the byte at pos, if it is the first.
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

// short is what errors say where the file ends within its metadata.
func (c *cursor) short() string {
	if c.end < c.src.size {
		return ""
	}
	return ": is the download complete?"
}

// left returns how many bytes the header may still have.
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

// fill reads until buf has to bytes, at most end. Its steps double, so that
// memory is proportional to what the file really has.
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

// lengthSize returns the size of a length in bytes.
func (c *cursor) lengthSize() uint64 {
	if c.wide {
		return 8
	}
	return 4
}

// count reads a number of items, at most limit, of at least size bytes each.
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

// checkCount fails unless n items of at least size bytes each fit in the bytes left.
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
