package x86

import (
	"strings"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/querent-ai/chord/gen/layout"
)

// A format is a type in blocks of 32 columns, or a few times 32, and how a tier
// multiplies it.
type format struct {
	layout.Type
	offset int // what unsigned quants have too much: 0, 8, 16 or 128; with Bits 8, as the record's bias is Σx itself; of halves 12
	ahead  int // bytes ahead that products with few tokens fetch
}

// formats returns a kernel for every type in blocks of 32, or of a few times 32.
func formats(write func(f *File, t format)) []Kernel {
	var all []Kernel
	for _, t := range layout.Small() {
		all = append(all, Kernel{"gemm_" + strings.ToLower(t.Name), func(f *File) {
			format := format{Type: t, offset: t.Excess()}
			switch {
			case t.Bits > 0:
				format.offset = 8
			case t.Halves():
				format.offset = -t.Least
			}
			write(f, format)
		}})
	}
	return all
}

// bias sets s to -offset·Σx of token i, and leaves it to the caller to copy it to
// all of a V.
func (f *File) bias(t format, x record, i int, s reg.VecVirtual) {
	if t.Halves() {
		f.VPBROADCASTD([]Mem{x.bias(i), x.bias128(i)}[x.half], s)
		return
	}
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
	for i, v := range t.Values {
		dwords[i/4] |= uint32(byte(int(v)+offset)) << (8 * (i % 4))
	}
	return f.Const32("values", dwords[:]...)
}

// halves is how many groups of 32 columns have scales of their own.
func (t format) halves() int {
	if t.Halves() {
		return 2
	}
	return 1
}

// scaleBits are the constants that make float32 of scales.
type scaleBits struct {
	one        Mem // of e8m0
	byte, e4m3 Mem // a byte whose low seven bits are where float32 has them, and these
	unit       Mem // 2^119, by which they are too small
}

func (f *File) scaleBits(t format) (b scaleBits) {
	switch t.Width("d") {
	case 1:
		b.one = f.Const32("one", 1)
	case 4:
		b.byte = f.Const32("byte", 0x0ff00000)
		b.e4m3, b.unit = f.Const32("e4m3", 0x07f00000), f.Const32("unit", (119+127)<<23)
	}
	return b
}

// scales16 loads sixteen scales of four e4m3, those of a group, as float32.
func (f *File) scales16(w Mem, group int, bits scaleBits, d V) {
	for i, r := range d {
		if shift := 20 - 8*group; shift > 0 {
			f.LoadV(w.Offset(64/len(d)*i), V{r})
			f.VPSLLD(U8(shift), r, r)
		} else {
			f.LoadV(w.Offset(64/len(d)*i), V{r})
			f.VPSRLD(U8(-shift), r, r)
		}
		if r.Size() == 64 {
			k := f.K()
			f.VPANDD(bits.byte, r, r)
			f.VPCMPD(U8(4), bits.e4m3, r, k) // 0x7f is 0
			f.VPANDD_Z(bits.e4m3, r, k, r)
		} else {
			e := f.like(r)
			f.VPAND(bits.byte, r, r)
			f.VPCMPEQD(bits.e4m3, r, e)
			f.VPANDN(r, e, r)
			f.VPAND(bits.e4m3, r, r)
		}
		f.VMULPS(bits.unit, r, r)
	}
}

// scales loads sixteen scales as float32, of a group if a block has several.
func (f *File) scales(t format, w Mem, group int, bits scaleBits, d V) {
	one := bits.one
	switch t.Width("d") {
	case 2:
		f.F16(w, d)
		return
	case 4:
		f.scales16(w, group, bits, d)
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
