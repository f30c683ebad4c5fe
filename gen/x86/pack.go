package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Pack interleaves sixteen rows of a file into layout X16.
var Pack = []Kernel{{"pack", func(f *File) {
	f.pack(q4_0)
	f.pack(q8_0)
}}}

// pack is Pack<type>: four rows at a time, sixteen bytes of each, are a
// transposition of 4×4 dwords.
func (f *File) pack(t format) {
	f.Func("Pack"+t.name, "func(dst, src *byte, stride, blocks int)",
		"Pack"+t.name+" interleaves the blocks of 16 rows that lie stride bytes apart:",
		"",
		"\tfor block, row r, dword c {",
		"\t\tscale[r] = row[r].scale",
		"\t\tchunk[c][r] = row[r].quants[c]",
		"\t}")
	dst, src, stride, blocks := f.Arg("dst"), f.Arg("src"), f.Arg("stride"), f.Arg("blocks")
	three := f.GP64() // 3·stride
	f.LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, three)
	row := f.GP64()
	f.Loop("block", blocks, func() {
		f.MOVQ(src, row)
		scales := f.XMM()
		for r := 0; r < 16; r += 4 {
			rows := [4]Mem{{Base: row}, {Base: row, Index: stride, Scale: 1}, {Base: row, Index: stride, Scale: 2}, {Base: row, Index: three, Scale: 1}}
			for i, m := range rows {
				f.packScale(scales, m, r%8+i)
			}
			if r%8 == 4 {
				f.VMOVDQU(scales, Mem{Base: dst, Disp: 2 * (r - 4)})
			}
			for c := 0; c < t.chunks; c += 4 {
				f.transpose(rows, 2+4*c, Mem{Base: dst, Disp: 32 + 64*c + 4*r})
			}
			f.LEAQ(Mem{Base: row, Index: stride, Scale: 4}, row)
		}
		f.ADDQ(U32(uint32(2+4*t.chunks)), src)
		f.ADDQ(U32(uint32(t.bytes())), dst)
	})
	f.End()
}

// packScale puts a row's scale into word i of eight.
func (f *File) packScale(scales reg.VecVirtual, row Mem, i int) {
	if i == 0 {
		f.VPXOR(scales, scales, scales)
	}
	f.VPINSRW(U8(i), row, scales, scales)
}

// transpose stores dword c of four rows' sixteen bytes at dst + 64·c.
func (f *File) transpose(rows [4]Mem, off int, dst Mem) {
	var x, y [4]reg.VecVirtual
	for i, m := range rows {
		x[i], y[i] = f.XMM(), f.XMM()
		f.VMOVDQU(m.Offset(off), x[i])
	}
	f.VPUNPCKLDQ(x[1], x[0], y[0]) // 0.0 1.0 0.1 1.1 (row.dword)
	f.VPUNPCKHDQ(x[1], x[0], y[1]) // 0.2 1.2 0.3 1.3
	f.VPUNPCKLDQ(x[3], x[2], y[2])
	f.VPUNPCKHDQ(x[3], x[2], y[3])
	for c, half := range [4]int{0, 0, 1, 1} {
		z := f.XMM()
		if c%2 == 0 {
			f.VPUNPCKLQDQ(y[half+2], y[half], z)
		} else {
			f.VPUNPCKHQDQ(y[half+2], y[half], z)
		}
		f.VMOVDQU(z, dst.Offset(64*c))
	}
}
