package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// chains is how many tokens' sums grow side by side: VPDPBUSD takes four to
// five cycles and two start in each. Measured with eight tokens: one chain 69 %
// of the instruction's peak, two 71 %, four 73 %, eight 72 %.
const chains = 4

// dots adds one block's products to the sums of tokens i, i+1, ….
func (g *gemm5) dots(b block512, x record, acc []reg.VecVirtual, i int) {
	f := g.f
	s := make([]reg.VecVirtual, len(acc))
	for k := range s {
		s[k] = f.ZMM()
		switch n := g.t.shift(); {
		case g.t.offset == 0:
			f.VPXORD(s[k], s[k], s[k])
		default:
			f.VPBROADCASTD(x.bias(i+k), s[k]) // s = -8·Σx
			if n > 0 {
				f.VPSLLD(n, s[k], s[k]) // s = -offset·Σx
			}
		}
	}
	for c := range b.q {
		for k := range s {
			f.VPDPBUSD_BCST(x.quants(i+k, c), b.q[c], s[k]) // s += q·x
		}
	}
	for k := range s {
		d := f.ZMM()
		f.VCVTDQ2PS(s[k], s[k])
		if g.t.min {
			g.minimum(b, x, s[k], acc[k], i+k)
			continue
		}
		f.VMULPS_BCST(x.scale(i+k), b.d, d)
		f.VMULPS(d, s[k], s[k])
		f.VADDPS(s[k], acc[k], acc[k]) // acc += float32(s) * (dw*dx)
	}
}

// minimum adds token i's part of a block with minima.
func (g *gemm5) minimum(b block512, x record, s, acc reg.VecVirtual, i int) {
	f := g.f
	dx, d, m := f.ZMM(), f.ZMM(), f.ZMM()
	f.VBROADCASTSS(x.scale(i), dx)
	f.VMULPS(dx, b.d, d)
	f.VMULPS(d, s, s)
	f.VADDPS(s, acc, acc) // acc += float32(s) * (dw*dx)
	f.VPBROADCASTD(x.bias(i), m)
	f.VPSRAD(U8(3), m, m) // -Σx
	f.VCVTDQ2PS(m, m)
	f.VMULPS(dx, b.dm, dx)
	f.VMULPS(dx, m, m)
	f.VSUBPS(m, acc, acc) // acc -= float32(-Σx) * (m*dx)
}
