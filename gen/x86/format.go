package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A format is a block of 32 columns in layout X16, sixteen rows of each part
// together:
//
//	scales | minima [16]f16 | fifth bits [16]u32 | quants in chunks of 64 bytes
//
// Dword r of a chunk belongs to row r.
type format struct {
	name   string
	scale  int  // bytes of a scale: 2 is f16, 1 is e8m0, of doubled values
	min    bool // has minima
	fifth  bool // has fifth bits
	chunks int  // 4 of nibbles, low ones first, or 8 of bytes

	table  []int8 // the values of nibbles, if they are not their own
	offset int    // what unsigned quants have too much: 0, 8, 16 or 128

	ahead int // bytes ahead that products with few tokens fetch
}

var (
	q4_0 = format{name: "Q4_0", scale: 2, chunks: 4, offset: 8}
	q4_1 = format{name: "Q4_1", scale: 2, min: true, chunks: 4}
	q5_0 = format{name: "Q5_0", scale: 2, fifth: true, chunks: 4, offset: 16}
	q5_1 = format{name: "Q5_1", scale: 2, min: true, fifth: true, chunks: 4}
	q8_0 = format{name: "Q8_0", scale: 2, chunks: 8, offset: 128}

	iq4_nl = format{name: "IQ4_NL", scale: 2, chunks: 4, offset: 128,
		table: []int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}}
	mxfp4 = format{name: "MXFP4", scale: 1, chunks: 4, offset: 16,
		table: []int8{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}}
)

// fetching is t whose products with few tokens fetch so many bytes ahead.
func (t format) fetching(ahead int) format {
	t.ahead = ahead
	return t
}

// over is t with quants that are so much too large.
func (t format) over(offset int) format {
	t.offset = offset
	return t
}

// header returns where a tile's minima, fifth bits and quants start.
func (t format) header() (minima, fifths, quants int) {
	minima = 16 * t.scale
	fifths = minima
	if t.min {
		fifths += 32
	}
	quants = fifths
	if t.fifth {
		quants += 64
	}
	return minima, fifths, quants
}

// bytes is the size of sixteen rows' block.
func (t format) bytes() int {
	_, _, quants := t.header()
	return quants + 64*t.chunks
}

// bias sets s to -offset·Σx of token i, and leaves it to the caller to copy it to
// all of a V.
func (f *File) bias(t format, x record, i int, s reg.VecVirtual) {
	switch t.offset {
	case 0:
		f.Zero(V{s})
	case 128:
		f.VPBROADCASTD(x.bias128(i), s)
	default:
		f.VPBROADCASTD(x.bias(i), s) // s = -8·Σx
		if t.offset == 16 {
			f.VPADDD(s, s, s)
		}
	}
}

// values are t's table with the offset added, for VPSHUFB.
func (t format) values(f *File, offset int) Mem {
	var dwords [4]uint32
	for i, v := range t.table {
		dwords[i/4] |= uint32(byte(int(v)+offset)) << (8 * (i % 4))
	}
	return f.Const32("values", dwords[:]...)
}

// scales loads sixteen scales as float32.
func (f *File) scales(t format, w Mem, one Mem, d V) {
	if t.scale == 2 {
		f.F16(w, d)
		return
	}
	for i, r := range d {
		e := f.like(r)
		f.VPMOVZXBD(w.Offset(16/len(d)*i), e)
		f.VPMINUD(one, e, r)
		f.VPADDD(one, r, r)
		f.VPSLLD(U8(21), r, r) // 2^-128 or 2^-127, no normal numbers
		f.VPSUBD(one, e, e)
		f.VPSLLD(U8(23), e, e) // 2^(e-128) for e > 1, else less
		f.VPMAXSD(e, r, r)
	}
}

// like returns a fresh register as wide as r.
func (f *File) like(r reg.VecVirtual) reg.VecVirtual {
	if r.Size() == 64 {
		return f.ZMM()
	}
	return f.YMM()
}

// fifthBits are the constants that take a block's fifth bits apart: bit i of a
// row's dword belongs to column i.
type fifthBits struct {
	spread  [4]Mem // copies byte j of each dword to its four bytes
	bit     [2]Mem // selects bits 0 to 3, or 4 to 7, one a byte
	sixteen Mem
}

func (f *File) fifthBits() *fifthBits {
	b := &fifthBits{sixteen: f.Const32("sixteen", 0x10101010)}
	for j, name := range []string{"spread0", "spread1", "spread2", "spread3"} {
		all := uint32(j) * 0x01010101
		b.spread[j] = f.Const32(name, all, all+0x04040404, all+0x08080808, all+0x0c0c0c0c)
	}
	b.bit = [2]Mem{f.Const32("low", 0x08040201), f.Const32("high", 0x80402010)}
	return b
}
