package x86

import (
	"strings"

	"github.com/mmcloughlin/avo/reg"
	"github.com/querent-ai/chord/gen/layout"
)

// Free512 is what the canonical order is measured against: products of full
// panels as Gemm512 has them, except that the last multiplication is fused with
// the addition. Scales one after the other, acc += float32(s)*dw * dx, with one
// register less and a sum more in its place, are no faster.
var Free512 = []Kernel{free512("Q4_0"), free512("Q8_0")}

// free512 is the product of a type without minima with a full panel.
func free512(name string) Kernel {
	return Kernel{"gemm_" + strings.ToLower(name), func(f *File) {
		t := layout.Of(name)
		g := f.gemm5(format{Type: t, offset: t.Excess()})
		g.fused = true
		g.pairs(layout.AVX512.Panel32)
	}}
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
