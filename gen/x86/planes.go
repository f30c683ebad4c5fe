package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// planeMask selects a plane's quants, in every byte of a dword. Of one bit they are
// doubled, since bits stand for 1 and -1: 2·bit - 1. All quants are 1 too large.
func (t format) planeMask() uint32 { return uint32(t.Bits+1) * 0x01010101 }

// planeShift is how many bits dword c of a part's quants is moved down to the mask.
func (t format) planeShift(part, c int) int {
	if t.Bits == 1 {
		return t.Plane(part, c).Shift - 1
	}
	return t.Plane(part, c).Shift
}

// planeAt is the place of the dwords that have dword c of a part's quants, and
// whether dword c-1 was there as well.
func (t format) planeAt(part, c int) (at int, again bool) {
	n := t.Plane(part, c).Dword
	return t.At("qs") + 64*n, c > 0 && n == t.Plane(part, c-1).Dword
}

// planes loads the quants of a part.
func (g *gemm5) planes(w Mem, part int, q [8]reg.VecVirtual) {
	f, dwords := g.f, reg.VecVirtual(nil)
	for c, r := range q {
		at, again := g.t.planeAt(part, c)
		if !again {
			dwords = f.ZMM()
			f.VMOVDQU32(w.Offset(at), dwords)
			g.fetch.line()
		}
		g.plane(part, c, dwords, r)
	}
}

// bits loads the quants of a part, of one bit each: even columns' are not doubled, so
// that a shift serves two of them, and no product waits for the one before.
func (g *gemm5) bits(w Mem, part int, q [8]reg.VecVirtual) {
	f, dwords := g.f, g.f.ZMM()
	at, _ := g.t.planeAt(part, 0)
	f.VMOVDQU32(w.Offset(at), dwords)
	g.fetch.line()
	for c := 0; c < 8; c += 2 {
		from := dwords
		if c > 0 {
			from = f.ZMM()
			f.VPSRLD(U8(c), dwords, from)
		}
		f.VPANDD(g.bit0, from, q[c])
		f.VPANDD(g.k, from, q[c+1])
	}
}

// plane sets q to dword c of a part's quants, taken from dwords.
func (g *gemm5) plane(part, c int, dwords Op, q reg.VecVirtual) {
	switch n := g.t.planeShift(part, c); {
	case n == 0:
		g.f.VPANDD(dwords, g.k, q)
		return
	case n > 0:
		g.f.VPSRLD(U8(n), dwords, q)
	default:
		g.f.VPSLLD(U8(-n), dwords, q)
	}
	g.f.VPANDD(g.k, q, q)
}

// planes does rows p of a part of a block.
func (g *gemm2) planes(p part, w Mem, x record) {
	f, s := g.f, g.sums(p, x)
	dwords := p.V(f)
	for c := range 8 {
		at, again := g.t.planeAt(x.part, c)
		if !again {
			p.load(f, w.Offset(at), dwords)
			g.fetch.line()
		}
		q := p.V(f)
		for h, r := range q {
			from := r
			switch n := g.t.planeShift(x.part, c); {
			case n == 0:
				from = dwords[h]
			case n > 0:
				f.VPSRLD(U8(n), dwords[h], r)
			default:
				f.VPSLLD(U8(-n), dwords[h], r)
			}
			f.VPAND(g.k, from, r)
		}
		s.dot(q, c)
	}
	s.add(w)
}
