package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// values16 sets q to columns 4c to 4c+3 of a part whose halves have scales.
func (g *gemm5) values16(w Mem, part, c int, q reg.VecVirtual) {
	f := g.f
	dword, high := g.t.Nibbles(c)
	at := w.Offset(g.t.At("qs") + 64*(g.t.Chunks()*part+dword))
	if high {
		f.VPSRLW(U8(4), at, q)
		f.VPANDD(g.k, q, q)
	} else {
		f.VPANDD(at, g.k, q)
		g.fetch.line()
	}
	f.VPSHUFB(q, g.table, q) // q = values[q]
}

// dots16 adds the products of both halves of a part to token t's sum.
func (g *gemm5) dots16(b block512, x record, t int, acc reg.VecVirtual) {
	f := g.f
	for x.half = range 2 {
		s, d := f.ZMM(), f.ZMM()
		f.bias(g.t, x, t, s)
		for c := 4 * x.half; c < 4*x.half+4; c++ {
			f.VPDPBUSD_BCST(x.quants(t, c), b.q[c], s) // s += q·x
		}
		f.VCVTDQ2PS(s, s)
		f.VMULPS_BCST(x.scale(t), b.halves[x.half], d)
		f.VMULPS(d, s, s)
		f.VADDPS(s, acc, acc) // acc += float32(s) * (dw*dx)
	}
}

// halves does rows p of a part of a block whose halves have scales.
func (g *gemm2) halves(p part, w Mem, x record) {
	f := g.f
	for x.half = range 2 {
		s := g.sums(p, x)
		for c := 4 * x.half; c < 4*x.half+4; c++ {
			dword, high := g.t.Nibbles(c)
			q := p.V(f)
			p.load(f, w.Offset(g.t.At("qs")+64*(g.t.Chunks()*x.part+dword)), q)
			if !high {
				g.fetch.line()
			}
			for _, r := range q {
				if high {
					f.VPSRLW(U8(4), r, r)
				}
				f.VPAND(g.k, r, r)
				f.VPSHUFB(r, g.table, r) // q = values[q]
			}
			s.dot(q, c)
		}
		s.add(w)
	}
}
