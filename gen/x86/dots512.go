package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dots adds one block's products to token t's sum.
func (g *gemm5) dots(b block512, x record, t int, acc reg.VecVirtual) {
	if g.t.Halves() {
		g.dots16(b, x, t, acc)
		return
	}
	f, s, d := g.f, g.f.ZMM(), g.f.ZMM()
	f.bias(g.t, x, t, s)
	h := s
	if g.high != nil || g.bit0 != nil {
		h = f.ZMM()
		f.Zero(V{h})
	}
	for c, q := range b.q {
		to := s
		if g.high != nil && c >= 4 || c%2 == 0 && g.bit0 != nil {
			to = h
		}
		f.VPDPBUSD_BCST(x.quants(t, c), q, to) // s += q·x
	}
	switch {
	case g.high != nil:
		f.VPSRAD(U8(4), h, h)
		f.VPADDD(h, s, s)
	case g.bit0 != nil:
		f.VPADDD(h, h, h)
		f.VPADDD(h, s, s)
	}
	f.VCVTDQ2PS(s, s)
	if g.t.Minima() {
		g.minimum(b, x, t, s, acc)
		return
	}
	f.VMULPS_BCST(x.scale(t), b.d, d)
	f.VMULPS(d, s, s)
	f.VADDPS(s, acc, acc) // acc += float32(s) * (dw*dx)
}

// minimum adds a block with minima.
func (g *gemm5) minimum(b block512, x record, t int, s, acc reg.VecVirtual) {
	f := g.f
	dx, d, m := f.ZMM(), f.ZMM(), f.ZMM()
	f.VBROADCASTSS(x.scale(t), dx)
	f.VMULPS(dx, b.d, d)
	f.VMULPS(d, s, s)
	f.VADDPS(s, acc, acc) // acc += float32(s) * (dw*dx)
	f.VPBROADCASTD(x.bias(t), m)
	f.VPSRAD(U8(3), m, m) // -Σx
	f.VCVTDQ2PS(m, m)
	f.VMULPS(dx, b.dm, dx)
	f.VMULPS(dx, m, m)
	f.VSUBPS(m, acc, acc) // acc -= float32(-Σx) * (m*dx)
}
