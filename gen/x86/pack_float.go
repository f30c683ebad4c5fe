package x86

import (
	"slices"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// packColumns is Pack<name> of floats of width bytes: sixteen bytes of each row
// at a time, then the rest column by column.
func (f *File) packColumns(name string, width int, some func(row, stride, three reg.GPVirtual, dst Mem)) {
	dst, src, stride, columns := f.packFunc(name)
	three := f.triple(stride)
	row, v := f.GP64(), f.GP32()
	f.While("some", columns, 16/width, func() {
		f.MOVQ(src, row)
		some(row, stride, three, Mem{Base: dst})
		f.ADDQ(U8(16), src)
		f.ADDQ(U32(256), dst)
	})
	f.While("column", columns, 1, func() {
		f.MOVQ(src, row)
		for r := range 16 {
			to := Mem{Base: dst, Disp: width * r}
			if width == 4 {
				f.MOVL(Mem{Base: row}, v)
				f.MOVL(v, to)
			} else {
				f.MOVW(Mem{Base: row}, v.As16())
				f.MOVW(v.As16(), to)
			}
			f.ADDQ(stride, row)
		}
		f.ADDQ(U8(uint8(width)), src)
		f.ADDQ(U8(uint8(16*width)), dst)
	})
	f.End()
}

// transpose4 interleaves four columns of dwords.
func (f *File) transpose4(row, stride, three reg.GPVirtual, dst Mem) {
	for r := 0; r < 16; r += 4 {
		f.transpose(rowsFrom(row, stride, three), 0, dst.Offset(4*r))
		f.LEAQ(Mem{Base: row, Index: stride, Scale: 4}, row)
	}
}

// transpose8 interleaves eight columns of words, 8×8 at a time.
func (f *File) transpose8(row, stride, three reg.GPVirtual, dst Mem) {
	for half := range 2 {
		var x []reg.VecVirtual
		for range 2 {
			for _, m := range rowsFrom(row, stride, three) {
				v := f.XMM()
				f.VMOVDQU(m, v)
				x = append(x, v)
			}
			f.LEAQ(Mem{Base: row, Index: stride, Scale: 4}, row)
		}
		var words, dwords []reg.VecVirtual
		for r := 0; r < 8; r += 2 {
			z := f.zip(f.VPUNPCKLWD, f.VPUNPCKHWD, x[r], x[r+1]) // columns 0 to 3 | 4 to 7 of two rows
			words = append(words, z[:]...)
		}
		for _, i := range []int{0, 4} {
			a := f.zip(f.VPUNPCKLDQ, f.VPUNPCKHDQ, words[i], words[i+2]) // columns 0, 1 | 2, 3 of four rows
			b := f.zip(f.VPUNPCKLDQ, f.VPUNPCKHDQ, words[i+1], words[i+3])
			dwords = slices.Concat(dwords, a[:], b[:])
		}
		for i := range 4 {
			z := f.zip(f.VPUNPCKLQDQ, f.VPUNPCKHQDQ, dwords[i], dwords[i+4])
			f.VMOVDQU(z[0], dst.Offset(32*(2*i)+16*half))
			f.VMOVDQU(z[1], dst.Offset(32*(2*i+1)+16*half))
		}
	}
}
