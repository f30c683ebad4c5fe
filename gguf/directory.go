package gguf

import (
	"cmp"
	"math"
	"slices"

	"github.com/querent-ai/chord/quant"
)

// readTensors reads the directory of n tensors and places them in the file.
func (f *File) readTensors(c *cursor, n uint64) {
	for range n {
		pos := c.pos
		t := c.tensor()
		if _, ok := f.tensors[t.Name]; ok {
			c.fail(pos, "a second time")
		}
		if c.err != nil {
			return
		}
		f.tensors[t.Name] = len(f.Tensors)
		f.Tensors = append(f.Tensors, t)
		f.entries = append(f.entries, pos)
	}
	c.at("", "")
	if c.err != nil {
		return
	}
	begin := c.pos + int64(padding(uint64(c.pos), f.Alignment)) // at most maxHeader + MaxAlignment
	f.Parts = []Part{{Name: c.src.name, Size: c.src.size, DataOffset: begin}}
	c.checkWhole(f.Tensors, begin)
	for i := range f.Tensors {
		t := &f.Tensors[i]
		c.at("tensor", t.Name)
		c.place(t, f.entries[i], begin, f.Alignment)
	}
	c.checkOverlap(f.Tensors, f.entries)
}

// tensor reads one entry: name, dimensions, type, offset. Offset is as in the
// file, from the start of the data.
func (c *cursor) tensor() Tensor {
	c.at("", "")
	pos := c.pos
	t := Tensor{Name: c.text("tensor name", MaxName)}
	c.at("tensor", t.Name)
	if fault := checkName(t.Name); fault != "" {
		c.fail(pos, "%s", fault)
	}
	pos = c.pos
	dims := c.u32()
	if dims > MaxDims {
		c.fail(pos, "%d dimensions, at most %d", dims, MaxDims)
	}
	if c.err != nil {
		return t
	}
	t.Shape = make([]uint64, dims)
	for i := range t.Shape {
		t.Shape[i] = c.length() // as wide as a length: 32 bits in version 1
	}
	t.Type = quant.Type(c.u32())
	if c.err != nil {
		return t
	}
	var fault string
	if t.Size, fault = tensorSize(t.Type, t.Shape); fault != "" {
		c.fail(pos, "%s", fault)
	}
	pos = c.pos
	offset := c.u64()
	if offset > math.MaxInt64 {
		c.fail(pos, "offset %d is not in the file of %d bytes", offset, c.src.size)
	}
	t.Offset = int64(offset)
	return t
}

// checkWhole fails if the file ends before its last tensor does, as a file does
// whose download was cut off. The data begin at begin.
func (c *cursor) checkWhole(tensors []Tensor, begin int64) {
	end := uint64(begin)
	for i := range tensors { // offsets and sizes are below 2^63 each, begin is small
		t := &tensors[i]
		end = max(end, min(uint64(t.Offset)+uint64(t.Size), math.MaxInt64)+uint64(begin))
	}
	if len(tensors) > 0 && end > uint64(c.src.size) && end <= math.MaxInt64 {
		c.fail(-1, "the download is incomplete: %d of %d bytes", c.src.size, end)
	}
}

// place makes t's offset count from the start of the file and checks that its
// data are there. The entry is at byte pos, the data begin at begin.
func (c *cursor) place(t *Tensor, pos, begin int64, align uint64) {
	if uint64(t.Offset)%align != 0 {
		c.fail(pos, "offset %d is not a multiple of the alignment, %d", t.Offset, align)
		return
	}
	left := c.src.size - begin // negative if not even the padding is there
	if t.Offset > left || t.Size > left-t.Offset {
		c.fail(pos, "%d bytes of data at %d + %d, but the file has %d bytes", t.Size, begin, t.Offset, c.src.size)
		return
	}
	t.Offset += begin
}

// checkOverlap fails if the data of two tensors share a byte.
func (c *cursor) checkOverlap(tensors []Tensor, at []int64) {
	if c.err != nil {
		return
	}
	order := make([]int, len(tensors))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(tensors[a].Offset, tensors[b].Offset) })
	for k := 1; k < len(order); k++ {
		a, b := tensors[order[k-1]], tensors[order[k]]
		if b.Offset-a.Offset < a.Size {
			c.at("tensor", b.Name)
			c.fail(at[order[k]], "data overlap those of %q", a.Name)
		}
	}
}
