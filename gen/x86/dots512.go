package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dots adds one block's products to the token's sum.
func (g *gemm5) dots(b block512, x record, acc reg.VecVirtual) {
	f, s, d := g.f, g.f.ZMM(), g.f.ZMM()
	f.bias(g.t, x, 0, s)
	for c, q := range b.q {
		f.VPDPBUSD_BCST(x.quants(0, c), q, s) // s += q·x
	}
	f.VCVTDQ2PS(s, s)
	if g.t.min {
		g.minimum(b, x, s, acc)
		return
	}
	f.VMULPS_BCST(x.scale(0), b.d, d)
	f.VMULPS(d, s, s)
	f.VADDPS(s, acc, acc) // acc += float32(s) * (dw*dx)
}

// minimum adds a block with minima.
func (g *gemm5) minimum(b block512, x record, s, acc reg.VecVirtual) {
	f := g.f
	dx, d, m := f.ZMM(), f.ZMM(), f.ZMM()
	f.VBROADCASTSS(x.scale(0), dx)
	f.VMULPS(dx, b.d, d)
	f.VMULPS(d, s, s)
	f.VADDPS(s, acc, acc) // acc += float32(s) * (dw*dx)
	f.VPBROADCASTD(x.bias(0), m)
	f.VPSRAD(U8(3), m, m) // -Σx
	f.VCVTDQ2PS(m, m)
	f.VMULPS(dx, b.dm, dx)
	f.VMULPS(dx, m, m)
	f.VSUBPS(m, acc, acc) // acc -= float32(-Σx) * (m*dx)
}
