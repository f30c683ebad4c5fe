package arm64

import . "github.com/querent-ai/chord/gen/a64"

// quants16 are the quants of a part whose halves have scales of their own.
func (r *rows4) quants16(g int, q []V) {
	f := r.f
	for c := range q {
		if dword, high := r.t.Nibbles(c); !high {
			r.chunk(g, dword+r.part*r.t.Chunks(), q[c:c+1])
			f.Ushr(B16, q[c+2], q[c], 4)
			f.And(q[c], q[c], r.mask)
		}
	}
	r.lookup(q)
}

// loadScales loads the rows' four scales, e4m3 whose highest bit is ignored; 0x7f is
// 0. tmp are two registers.
func (r *rows4) loadScales(g int, tmp []V) {
	f, s := r.f, r.scales4
	if r.walk {
		f.Scope(func() {
			at := f.R()
			f.AddR(at, r.w, r.scales)
			f.LdQ(s, at.At(0))
		})
	} else {
		f.LdQ(s, r.w.At(r.t.At("d")+16*g))
	}
	f.Movi(tmp[0], 0x7f)
	f.Eor(tmp[1], s, tmp[0])
	f.Cmtst(B16, tmp[1], tmp[1], tmp[1])
	f.And(s, s, tmp[1])
}

// scale16 sets d to the rows' scales of a group, as float32: where that has the bits
// of e4m3 they are 2**-119 times as large.
func (r *rows4) scale16(group int, d, tmp V) {
	f := r.f
	f.Shl(S4, d, r.scales4, 25-8*group)
	f.Ushr(S4, d, d, 25) // its low seven bits alone
	f.Shl(S4, d, d, 20)
	f.Movi(tmp, (119+127)>>1)
	f.Shl(S4, tmp, tmp, 24)
	f.Fmul(d, d, tmp)
}

// half16 sets s to the products of four columns' quants, sixteen of a token.
func (m *multiplier) half16(s V, q, x []V) {
	f := m.f
	if m.dot {
		f.Movi(s, 0)
		for c, v := range q {
			f.DotLane("sdot", s, v, x[0], c)
		}
		return
	}
	a, b := m.pairs[0], m.pairs[1]
	m.products(a, b, q, x, false)
	f.Addp(H8, a, a, b)
	f.Pair("saddlp", H8, s, a)
}

// some16 is some where the halves of a part have scales of their own, d and d2.
func (g *gemm) some16(first, count int) {
	f := g.f
	g.parts(first, count)
	for i := range count {
		acc, s, d := g.acc[first+i], g.s[0], g.s[1]
		if g.m.dot {
			f.Ld1(g.x[:2], g.p, g.step(32))
		}
		for h, scale := range []V{g.d, g.d2} {
			x := g.x[h : h+1]
			if !g.m.dot {
				x = g.x
				f.LdR(x, S4, g.p, g.step(16))
			}
			g.m.half16(s, g.q[4*h:4*h+4], x)
			f.FmulLane(d, scale, g.dx, i)
			f.Scvtf(s, s)
			f.Fmul(s, s, d)
			f.Fadd(acc, acc, s) // acc += float32(s) * (dw*dx)
		}
	}
}
