package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Pack interleaves sixteen rows of a file into layout X16.
var Pack = []Kernel{{"pack", func(f *File) {
	for _, t := range []format{q4_0, q4_1, q5_0, q5_1, q8_0, mxfp4} { // IQ4_NL is as Q4_0
		f.pack(t.name, t.fields())
	}
	for _, t := range kquants {
		f.pack(t.name, t.fields)
	}
	f.packColumns("F32", 4, f.transpose4)
	f.packColumns("F16", 2, f.transpose8) // and BF16
}}}

// fields are the parts of a block, as packings of simd has them.
func (t format) fields() []kfield {
	dwords := t.chunks
	if t.fifth {
		dwords++
	}
	header := []kfield{{"d", 0, t.scale, 1}}
	if t.min {
		header = append(header, kfield{"m", 2, 2, 1})
	}
	return append(header, kfield{"qs", t.scale * len(header), 4, dwords})
}

// packFunc starts Pack<name>.
func (f *File) packFunc(name string) (dst, src, stride, blocks reg.GPVirtual) {
	f.Func("Pack"+name, "func(dst, src *byte, stride, blocks int)",
		"Pack"+name+" interleaves the blocks of 16 rows that lie stride bytes apart:",
		"",
		"\tfor block, element i, row r { dst[block][i][r] = src[r][block][i] }",
		"",
		"The elements are f16, dwords and single bytes, in layout X16's order.")
	return f.Arg("dst"), f.Arg("src"), f.Arg("stride"), f.Arg("blocks")
}

// pack is Pack<name> of types in blocks.
func (f *File) pack(name string, fields []kfield) {
	dst, src, stride, blocks := f.packFunc(name)
	three := f.triple(stride)
	row := f.GP64()
	size := 0
	for _, e := range fields {
		size += e.width * e.count
	}
	f.Loop("block", blocks, func() {
		f.MOVQ(src, row)
		small := make([]reg.VecVirtual, len(fields)) // of less than a dword
		for r := 0; r < 16; r += 4 {
			rows, at := rowsFrom(row, stride, three), 0
			for i, e := range fields {
				to := Mem{Base: dst, Disp: at}
				if e.width == 4 {
					f.packDwords(rows, e, to.Offset(4*r))
				} else {
					f.packSmall(rows, e, to, r, &small[i])
				}
				at += 16 * e.width * e.count
			}
			f.LEAQ(Mem{Base: row, Index: stride, Scale: 4}, row)
		}
		f.ADDQ(U32(uint32(size)), src)
		f.ADDQ(U32(uint32(16*size)), dst)
	})
	f.End()
}

// triple is 3·n.
func (f *File) triple(n reg.GPVirtual) reg.GPVirtual {
	three := f.GP64()
	f.LEAQ(Mem{Base: n, Index: n, Scale: 2}, three)
	return three
}

// rowsFrom addresses four rows.
func rowsFrom(row, stride, three reg.GPVirtual) [4]Mem {
	return [4]Mem{{Base: row}, {Base: row, Index: stride, Scale: 1}, {Base: row, Index: stride, Scale: 2}, {Base: row, Index: three, Scale: 1}}
}

// packSmall collects a field of one f16 or byte from rows r to r+3 in x, and
// stores it when sixteen bytes are full.
func (f *File) packSmall(rows [4]Mem, e kfield, dst Mem, r int, x *reg.VecVirtual) {
	if e.count != 1 {
		panic("x86: several small elements in one field")
	}
	per := 16 / e.width
	if r%per == 0 {
		*x = f.XMM()
		f.VPXOR(*x, *x, *x)
	}
	for i, m := range rows {
		if e.width == 2 {
			f.VPINSRW(U8(uint8(r%per+i)), m.Offset(e.off), *x, *x)
		} else {
			f.VPINSRB(U8(uint8(r%per+i)), m.Offset(e.off), *x, *x)
		}
	}
	if (r+4)%per == 0 {
		f.VMOVDQU(*x, dst.Offset(e.width*(r+4-per)))
	}
}

// packDwords stores dword c of four rows at dst + 64·c: four dwords at a time
// are a transposition of 4×4.
func (f *File) packDwords(rows [4]Mem, e kfield, dst Mem) {
	for c := 0; c < e.count; c++ {
		if c+4 <= e.count {
			f.transpose(rows, e.off+4*c, dst.Offset(64*c))
			c += 3
			continue
		}
		x := f.XMM()
		f.VMOVD(rows[0].Offset(e.off+4*c), x)
		for i, m := range rows[1:] {
			f.VPINSRD(U8(uint8(i+1)), m.Offset(e.off+4*c), x, x)
		}
		f.VMOVDQU(x, dst.Offset(64*c))
	}
}

// transpose stores dword c of four rows' sixteen bytes at dst + 64·c.
func (f *File) transpose(rows [4]Mem, off int, dst Mem) {
	var x [4]reg.VecVirtual
	for i, m := range rows {
		x[i] = f.XMM()
		f.VMOVDQU(m.Offset(off), x[i])
	}
	a := f.zip(f.VPUNPCKLDQ, f.VPUNPCKHDQ, x[0], x[1]) // 0.0 1.0 0.1 1.1 | 0.2 1.2 0.3 1.3 (row.dword)
	b := f.zip(f.VPUNPCKLDQ, f.VPUNPCKHDQ, x[2], x[3])
	for i := range a {
		z := f.zip(f.VPUNPCKLQDQ, f.VPUNPCKHQDQ, a[i], b[i])
		f.VMOVDQU(z[0], dst.Offset(64*(2*i)))
		f.VMOVDQU(z[1], dst.Offset(64*(2*i+1)))
	}
}

// zip interleaves the elements of a and b: the low halves', then the high ones'.
func (f *File) zip(low, high op, a, b reg.VecVirtual) [2]reg.VecVirtual {
	z := [2]reg.VecVirtual{f.XMM(), f.XMM()}
	low(b, a, z[0])
	high(b, a, z[1])
	return z
}
