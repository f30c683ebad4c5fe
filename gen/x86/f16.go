package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// LoadF16 loads f16 as float32.
func (g Group) LoadF16(base reg.GPVirtual, v V) {
	m := g.at(base, 2)
	switch {
	case g.rest == nil:
		g.f.F16(m, v)
	case g.f.Wide:
		g.f.VCVTPH2PS_Z(m, g.rest.k, v[0])
	default:
		spill := g.rest.spill()
		z := g.f.YMM()
		g.f.VPXOR(z, z, z)
		g.f.VMOVDQU(z, spill)
		g.copyHalves(m, spill)
		g.f.F16(spill, v)
	}
}

// StoreF16 stores float32 as f16, rounded to even.
func (g Group) StoreF16(v V, base reg.GPVirtual) {
	const even = U8(0)
	m := g.at(base, 2)
	switch {
	case g.f.Wide && g.rest == nil:
		g.f.VCVTPS2PH(even, v[0], m)
	case g.f.Wide:
		g.f.VCVTPS2PH(even, v[0], g.rest.k, m)
	default:
		to := m
		if g.rest != nil {
			to = g.rest.spill()
		}
		for h := range v {
			g.f.VCVTPS2PH(even, v[h], to.Offset(16*h))
		}
		if g.rest != nil {
			g.copyHalves(to, m)
		}
	}
}

// spill returns 32 bytes of stack.
func (s *Span) spill() Mem {
	if s.halves == nil {
		m := s.f.AllocLocal(32)
		s.halves = &m
	}
	return *s.halves
}

// copyHalves copies the rest of an array of f16, one by one.
func (g Group) copyHalves(src, dst Mem) {
	f := g.f
	from, to, n, h := f.GP64(), f.GP64(), f.GP64(), f.GP32()
	f.LEAQ(src, from)
	f.LEAQ(dst, to)
	f.MOVQ(g.rest.n, n)
	f.SUBQ(g.rest.full, n)
	f.Loop("half", n, func() {
		f.MOVWLZX(Mem{Base: from, Index: n, Scale: 2, Disp: -2}, h)
		f.MOVW(h.As16(), Mem{Base: to, Index: n, Scale: 2, Disp: -2})
	})
}
