package x86

import "github.com/mmcloughlin/avo/reg"

// Free512 is what the canonical order is measured against: products of full
// panels as Gemm512 has them, except that the last multiplication is fused with
// the addition. Scales one after the other, acc += float32(s)*dw * dx, with one
// register less and a sum more in its place, are no faster.
var Free512 = []Kernel{
	{"gemm_q4_0", func(f *File) { f.free512(q4_0) }},
	{"gemm_q8_0", func(f *File) { f.free512(q8_0) }},
}

// free512 adds the product of a format without minima with 8 tokens.
func (f *File) free512(t format) {
	g := f.gemm5(t)
	g.fused = true
	g.pairs(8)
}

// fuse is addSide with one rounding less.
func (p *pairs512) fuse(t, h int, d, dx reg.VecVirtual) {
	f, s, acc := p.f, p.sums[t][h], p.acc[t][h]
	f.VCVTDQ2PS(s, s)
	dd := f.ZMM()
	f.VMULPS(dx, d, dd)
	if acc == nil {
		f.VFMADD213PS(p.slot(t, h), dd, s) // s = s*dd + sum
		f.VMOVUPS(s, p.slot(t, h))
	} else {
		f.VFMADD231PS(dd, s, acc) // acc += s * dd
	}
}
