package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sums2 are the sums of one part of a block, one a token, in the making.
type sums2 struct {
	g     *gemm2
	p     part
	x     record
	s     []V // int32
	pairs []V // int16, of the group that is not full yet
	dots  int // how many dwords of x have been multiplied
}

// sums returns the sums at their start.
func (g *gemm2) sums(p part, x record) *sums2 {
	z := &sums2{g: g, p: p, x: x}
	for i := range x.tokens {
		z.s = append(z.s, p.V(g.f))
		if g.f.VNNI {
			g.bias(x, i, z.s[i])
		}
	}
	return z
}

// bias sets s to -offset·Σx of token i.
func (g *gemm2) bias(x record, i int, s V) {
	g.f.bias(g.t, x, i, s[0])
	for _, r := range s[1:] {
		g.f.VMOVDQA(s[0], r)
	}
}

// dot adds q times dword c of every token.
func (z *sums2) dot(q V, c int) {
	switch {
	case z.g.f.VNNI:
		for i, s := range z.s {
			b := z.quants(i, c)
			for h := range q {
				z.g.f.VPDPBUSD(b, q[h], s[h])
			}
		}
	case z.g.signed:
		z.dotSigned(q, c)
	default:
		z.dotPairs(q, c)
	}
	z.dots++
}

// quants broadcasts dword c of token i.
func (z *sums2) quants(i, c int) reg.VecVirtual {
	b := z.g.f.YMM()
	z.g.f.VPBROADCASTD(z.x.quants(i, c), b)
	return b
}

// dotPairs is dot by sums of pairs, which become int32 when a group is full.
func (z *sums2) dotPairs(q V, c int) {
	f, n := z.g.f, z.dots%z.g.group
	if n == 0 {
		z.pairs = z.pairs[:0]
		for range z.s {
			z.pairs = append(z.pairs, z.p.V(f))
		}
	}
	for i, pairs := range z.pairs {
		b := z.quants(i, c)
		for h := range q {
			if n == 0 {
				f.VPMADDUBSW(b, q[h], pairs[h])
				continue
			}
			t := f.YMM()
			f.VPMADDUBSW(b, q[h], t)
			f.VPADDW(t, pairs[h], pairs[h])
		}
	}
	if n+1 < z.g.group {
		return
	}
	for i, pairs := range z.pairs {
		for h, r := range pairs {
			if z.dots < z.g.group {
				f.VPMADDWD(z.g.ones, r, z.s[i][h])
				continue
			}
			f.VPMADDWD(z.g.ones, r, r)
			f.VPADDD(r, z.s[i][h], z.s[i][h])
		}
	}
}

// dotSigned is dot by |w| times x with w's sign, whose pairs fit int16
// (128·127·2 = 32512) one product at a time.
func (z *sums2) dotSigned(q V, c int) {
	f := z.g.f
	for h, r := range q {
		m := f.YMM()
		f.VPABSB(r, m)
		for i, s := range z.s {
			b := z.quants(i, c)
			f.VPSIGNB(r, b, b)
			f.VPMADDUBSW(b, m, b)
			if z.dots == 0 {
				f.VPMADDWD(z.g.ones, b, s[h])
				continue
			}
			f.VPMADDWD(z.g.ones, b, b)
			f.VPADDD(b, s[h], s[h])
		}
	}
}

// add takes the block's scales and adds every token's sum to its float sum.
func (z *sums2) add(w Mem) {
	f, g := z.g.f, z.g
	d, dm := z.p.V(f), z.p.V(f)
	f.scales(g.t, w.Offset(8*g.t.Width("d")*z.p.lo), z.x.group(), g.one, d)
	if g.t.Minima() {
		f.F16(w.Offset(g.t.At("m")+16*z.p.lo), dm)
	}
	for i, s := range z.s {
		if !f.VNNI && !g.signed && g.t.offset > 0 {
			b := f.YMM()
			g.bias(z.x, i, V{b})
			for _, r := range s {
				f.VPADDD(b, r, r) // s = Σ q·x - offset·Σx
			}
		}
		z.addToken(i, d, dm)
	}
}

// addToken is acc += float32(s) * (dw*dx), then acc += float32(Σx) * (m*dx).
func (z *sums2) addToken(i int, d, dm V) {
	f, g := z.g.f, z.g
	dx, sx := f.YMM(), f.YMM()
	f.VBROADCASTSS(z.x.scale(i), dx)
	if g.t.Minima() {
		f.VPBROADCASTD(z.x.bias(i), sx)
		f.VPSRAD(U8(3), sx, sx) // -Σx
		f.VCVTDQ2PS(sx, sx)
	}
	for h, s := range z.s[i] {
		p, acc := f.YMM(), s
		f.VMULPS(dx, d[h], p)
		f.VCVTDQ2PS(s, s)
		f.VMULPS(p, s, s)
		at := g.stack.Offset(64*i + 32*(z.p.lo+h))
		if g.acc != nil {
			acc = g.acc[i][z.p.lo+h]
			f.VADDPS(s, acc, acc)
		} else {
			f.VADDPS(at, s, s)
		}
		if g.t.Minima() {
			f.VMULPS(dx, dm[h], p)
			f.VMULPS(sx, p, p)
			f.VSUBPS(p, acc, acc) // acc -= float32(-Σx) * (m*dx)
		}
		if g.acc == nil {
			f.VMOVUPS(acc, at)
		}
	}
}
