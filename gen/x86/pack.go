package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/querent-ai/chord/gen/layout"
)

// Pack interleaves sixteen rows of a file into layout X16.
var Pack = []Kernel{{"pack", func(f *File) {
	for _, t := range layout.Packed() {
		f.pack(t)
	}
	f.packColumns("F32", 4, f.transpose4)
	f.packColumns("F16", 2, f.transpose8)
}}}

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
func (f *File) pack(t layout.Type) {
	dst, src, stride, blocks := f.packFunc(t.Name)
	fields := t.Packing()
	three := f.triple(stride)
	row := f.GP64()
	f.Loop("block", blocks, func() {
		f.MOVQ(src, row)
		small := make([]reg.VecVirtual, len(fields)) // of less than a dword
		for r := 0; r < 16; r += 4 {
			rows, at := rowsFrom(row, stride, three), 0
			for i, e := range fields {
				to := Mem{Base: dst, Disp: at}
				if e.Width == 4 {
					f.packDwords(rows, e, to.Offset(4*r))
				} else {
					f.packSmall(rows, e, to, r, &small[i])
				}
				at += 16 * e.Width * e.Count
			}
			f.LEAQ(Mem{Base: row, Index: stride, Scale: 4}, row)
		}
		f.ADDQ(U32(uint32(t.Bytes)), src)
		f.ADDQ(U32(uint32(t.TileBytes())), dst)
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
func (f *File) packSmall(rows [4]Mem, e layout.Field, dst Mem, r int, x *reg.VecVirtual) {
	if e.Count != 1 {
		panic("x86: several small elements in one field")
	}
	per := 16 / e.Width
	if r%per == 0 {
		*x = f.XMM()
		f.VPXOR(*x, *x, *x)
	}
	for i, m := range rows {
		if e.Width == 2 {
			f.VPINSRW(U8(uint8(r%per+i)), m.Offset(e.Offset), *x, *x)
		} else {
			f.VPINSRB(U8(uint8(r%per+i)), m.Offset(e.Offset), *x, *x)
		}
	}
	if (r+4)%per == 0 {
		f.VMOVDQU(*x, dst.Offset(e.Width*(r+4-per)))
	}
}

// packDwords stores dword c of four rows at dst + 64·c: four dwords at a time
// are a transposition of 4×4.
func (f *File) packDwords(rows [4]Mem, e layout.Field, dst Mem) {
	for c := 0; c < e.Count; c++ {
		if c+4 <= e.Count {
			f.transpose(rows, e.Offset+4*c, dst.Offset(64*c))
			c += 3
			continue
		}
		x := f.XMM()
		f.VMOVD(rows[0].Offset(e.Offset+4*c), x)
		for i, m := range rows[1:] {
			f.VPINSRD(U8(uint8(i+1)), m.Offset(e.Offset+4*c), x, x)
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
