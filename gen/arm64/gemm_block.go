package arm64

import (
	"slices"

	. "github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/layout"
)

// block adds the products of four rows' block with all tokens.
func (g *gemm) block() {
	f, t := g.f, g.t
	if t.Halves() {
		g.r.loadScales(0, g.s)
	} else {
		g.r.scale(0, g.d, g.s[0])
	}
	if t.Minima() {
		g.r.minimum(0, g.dm)
	}
	for g.r.part = range t.Parts() {
		g.r.quants(0, g.q, slices.Concat(g.s, g.x))
		g.moved = 0
		if t.Halves() {
			g.r.scale16(2*g.r.part, g.d, g.s[0])
			g.r.scale16(2*g.r.part+1, g.d2, g.s[0])
		}
		for first := 0; first < g.tokens; first += g.group() {
			if t.Halves() {
				g.some16(first, min(g.group(), g.tokens-first))
			} else {
				g.some(first, min(g.group(), g.tokens-first))
			}
		}
	}
	if t.Minima() {
		f.AddI(g.end, g.end, layout.Record32*g.tokens)
	}
}

// some adds the products with count tokens from the first on.
func (g *gemm) some(first, count int) {
	f := g.f
	lane := g.parts(first, count)
	init := g.starts(first, count, lane)
	if g.m.dot {
		g.dots(count, init)
	} else {
		g.halves(count, init)
	}
	for i := range count {
		acc, s, d := g.acc[first+i], g.s[i], g.x[i]
		f.FmulLane(d, g.d, g.dx, i)
		f.Scvtf(s, s)
		f.Fmul(s, s, d)
		f.Fadd(acc, acc, s) // acc += float32(s) * (dw*dx)
	}
	if !g.t.Minima() {
		return
	}
	for i := range count {
		acc, d := g.acc[first+i], g.x[i]
		f.FmulLane(d, g.dm, g.dx, i)
		f.FmulLane(d, d, g.sums, lane+i)
		f.Fsub(acc, acc, d) // acc -= float32(-Σx) * (m*dx)
	}
}

// parts loads the tokens' scales and, of formats with minima, -Σx, the first
// token's in the lane that it returns: what is loaded ends with the record.
func (g *gemm) parts(first, count int) (lane int) {
	f := g.f
	if m := g.p.At(32*g.tokens + 4*first - g.moved); g.group() == 2 {
		f.LdD(g.dx, m)
	} else {
		f.LdQ(g.dx, m)
	}
	if !g.t.Minima() {
		return 0
	}
	at := 4*first - 4*g.tokens
	if first+4 > g.tokens {
		lane, at = 4-(g.tokens-first), -16
	}
	f.LdQ(g.sums, g.end.At(at))
	f.Right("sshr", S4, g.sums, g.sums, 3)
	return lane
}

// starts sets the integers to what the quants' offset adds, if there is one.
func (g *gemm) starts(first, count, lane int) (init bool) {
	f := g.f
	if !g.t.Minima() {
		if g.t.offset == 0 {
			return false
		}
		step := Next
		if first+count == g.tokens {
			step = By(g.endStep)
		}
		f.LdR(g.s[:count], S4, g.end, step)
		return true
	}
	if g.t.offset != 0 { // 16·Σx
		f.Shl(S4, g.x[0], g.sums, 4)
		f.One("neg", S4, g.x[0], g.x[0])
		for i := range count {
			f.Dup(S4, g.s[i], g.x[0], lane+i)
		}
	}
	f.Scvtf(g.sums, g.sums)
	return g.t.offset != 0
}

// dots sets or adds to the integers of count tokens, two tokens in turn.
func (g *gemm) dots(count int, init bool) {
	f := g.f
	for i := 0; i < count; i += 2 {
		n := min(2, count-i)
		f.Ld1(g.x[:2*n], g.p, g.step(32*n))
		for k := range n {
			if !init {
				f.Movi(g.s[i+k], 0)
			}
		}
		for c, q := range g.q {
			for k := range n {
				f.DotLane("sdot", g.s[i+k], q, g.x[2*k+c/4], c%4) // s += q·x
			}
		}
	}
}

// halves is dots without SDOT.
func (g *gemm) halves(count int, init bool) {
	for i := range count {
		for h := range 2 {
			g.f.LdR(g.x, S4, g.p, g.step(16))
			g.m.half(h, g.s[i], g.q[4*h:4*h+4], g.x, init)
		}
	}
}

// step moves p behind n bytes of the tokens' quants, the last of them on to the
// next record.
func (g *gemm) step(n int) Step {
	g.moved += n
	if g.moved == 32*g.tokens {
		return By(g.pStep)
	}
	return Next
}
