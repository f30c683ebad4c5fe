package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// blockScale loads the scale of a block.
func (f *File) blockScale(v reg.GPVirtual) reg.VecVirtual {
	d := f.V()[0]
	f.VPBROADCASTW(Mem{Base: v}, d.AsY())
	if f.Wide {
		f.VCVTPH2PS(d.AsY(), d)
	} else {
		f.VCVTPH2PS(d.AsX(), d)
	}
	return d
}

// q8Row loads groups of a block of Q8_0.
func (f *File) q8Row(groups []Group, row []V, v reg.GPVirtual) {
	d := f.blockScale(v)
	for i, g := range groups {
		row[i] = f.V()
		for h, r := range row[i] {
			f.VPMOVSXBD(Mem{Base: v, Disp: 2 + g.off + 16/len(row[i])*h}, r)
			f.VCVTDQ2PS(r, r)
			f.VMULPS(d, r, r)
		}
	}
}

// q4Row loads groups of a block of Q4_0: the first sixteen columns are the low
// nibbles.
func (f *File) q4Row(groups []Group, row []V, v reg.GPVirtual) {
	d := f.blockScale(v)
	for i, g := range groups {
		row[i] = f.V()
		for h, r := range row[i] {
			f.VPMOVZXBD(Mem{Base: v, Disp: 2 + 16/len(row[i])*h}, r)
			switch {
			case g.off > 0:
				f.VPSRLD(U8(4), r, r)
			case f.Wide:
				f.VPANDD(f.nibbleMask, r, r)
			default:
				f.VPAND(f.nibbleMask, r, r)
			}
			f.VPSUBD(f.nibbleBias, r, r)
			f.VCVTDQ2PS(r, r)
			f.VMULPS(d, r, r)
		}
	}
}
