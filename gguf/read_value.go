package gguf

import (
	"encoding/binary"
	"math"
)

// value reads a value of type t, which is written at byte pos.
func (c *cursor) value(t ValueType, pos int64) any {
	switch {
	case c.err != nil:
		return nil
	case t == STRING:
		return c.text("string", math.MaxUint64)
	case t == ARRAY:
		return c.array(1)
	case !t.known():
		c.fail(pos, "unknown value type %d", uint32(t))
		return nil
	}
	b := c.take(valueTypes[t].size)
	if b == nil {
		return nil
	}
	return scalar(t, b)
}

// scalar decodes a value of fixed size.
func scalar(t ValueType, b []byte) any {
	le := binary.LittleEndian
	switch t {
	case UINT8:
		return b[0]
	case INT8:
		return int8(b[0])
	case UINT16:
		return le.Uint16(b)
	case INT16:
		return int16(le.Uint16(b))
	case UINT32:
		return le.Uint32(b)
	case INT32:
		return int32(le.Uint32(b))
	case FLOAT32:
		return math.Float32frombits(le.Uint32(b))
	case BOOL:
		return b[0] != 0
	case UINT64:
		return le.Uint64(b)
	case INT64:
		return int64(le.Uint64(b))
	default: // FLOAT64, the last of fixed size
		return math.Float64frombits(le.Uint64(b))
	}
}

// array reads an array: element type, length, elements. depth is 1 outermost.
func (c *cursor) array(depth int) any {
	pos := c.pos
	t := ValueType(c.u32())
	at := c.pos
	n := c.length()
	switch {
	case c.err != nil:
		return nil
	case !t.known():
		c.fail(pos, "unknown array element type %d", uint32(t))
		return nil
	case t == STRING:
		return c.texts(at, n)
	case t == ARRAY:
		return c.arrays(at, n, depth)
	}
	size := valueTypes[t].size
	if c.checkCount(at, n, "elements", size); c.err != nil {
		return nil
	}
	b := c.take(n * size)
	if c.err != nil {
		return nil
	}
	return numbers(t, int(n), b)
}

// numbers decodes n values of fixed size.
func numbers(t ValueType, n int, b []byte) any {
	var v any
	switch t {
	case UINT8:
		v = make([]uint8, n)
	case INT8:
		v = make([]int8, n)
	case UINT16:
		v = make([]uint16, n)
	case INT16:
		v = make([]int16, n)
	case UINT32:
		v = make([]uint32, n)
	case INT32:
		v = make([]int32, n)
	case FLOAT32:
		v = make([]float32, n)
	case BOOL:
		v = make([]bool, n)
	case UINT64:
		v = make([]uint64, n)
	case INT64:
		v = make([]int64, n)
	case FLOAT64:
		v = make([]float64, n)
	}
	if _, err := binary.Decode(b, binary.LittleEndian, v); err != nil {
		panic("gguf: array decoded from too few bytes") // b has n values
	}
	return v
}

// arrays reads n arrays.
func (c *cursor) arrays(at int64, n uint64, depth int) any {
	if depth == MaxNesting {
		c.fail(at, "arrays nested deeper than %d", MaxNesting)
	}
	if c.checkCount(at, n, "arrays", c.lengthSize()+4); c.err != nil {
		return nil
	}
	v := []any{}
	for range n {
		a := c.array(depth + 1)
		if c.err != nil {
			return nil
		}
		v = append(v, a)
	}
	return v
}

// texts reads n strings. They share one copy of their bytes, lengths included:
// two allocations instead of n, at a cost of 8 bytes a string.
func (c *cursor) texts(at int64, n uint64) any {
	if c.checkCount(at, n, "strings", c.lengthSize()); c.err != nil {
		return nil
	}
	from := c.pos
	for i := range n {
		pos := c.pos
		size := c.length()
		if c.err == nil && size > c.left() {
			c.fail(pos, "string %d of %d bytes, but %d bytes are left", i, size, c.left())
		}
		if c.take(size); c.err != nil {
			return nil
		}
	}
	all := string(c.buf[from:c.pos])
	texts := make([]string, n)
	le, width := binary.LittleEndian, int(c.lengthSize())
	raw, pos := c.buf[from:c.pos], 0
	for i := range texts {
		size := int(le.Uint32(raw[pos:])) // the loop above has checked that it fits in 32 bits
		pos += width
		texts[i] = all[pos : pos+size]
		pos += size
	}
	return texts
}
