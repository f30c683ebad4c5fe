package arm64

import . "github.com/querent-ai/chord/gen/a64"

// block adds the products of four rows' block with all tokens.
func (g *mmla) block() {
	f := g.f
	g.r.refresh()
	g.r.scale(0, g.d[0], g.x[3])
	f.Zip2(S4, g.d[1], g.d[0], g.d[0])
	f.Zip1(S4, g.d[0], g.d[0], g.d[0])
	if g.t.Minima() {
		g.r.minimum(0, g.m[0])
		f.Zip2(S4, g.m[1], g.m[0], g.m[0])
		f.Zip1(S4, g.m[0], g.m[0], g.m[0])
	}
	for g.r.part = range g.t.Parts() {
		g.rest()
	}
}

// rest adds the products of a part of the block, whose scales are there.
func (g *mmla) rest() {
	f := g.f
	w, s := g.weights()
	pairs := len(g.acc[0])
	for first := 0; first < pairs; first += g.group() {
		if first%g.scales() == 0 {
			n := min(g.scales(), pairs-first)
			f.LdR(g.dx[:n], D2, g.pd, g.step(first+n, g.pdStep))
		}
		g.pairsOf(w, s, first, min(g.group(), pairs-first))
	}
}

// step is that of a load of pairs up to n.
func (g *mmla) step(n int, last R) Step {
	if n == len(g.acc[0]) {
		return By(last)
	}
	return Next
}

// weights loads the block: w[i][k] has columns 8k to 8k+7 of rows 2i and 2i+1.
// It returns registers for the integers as well.
func (g *mmla) weights() (w [2][4]V, s [2][]V) {
	f, q, r := g.f, g.q, g.r
	s = g.s
	if g.t.Chunks() != 8 && !g.t.FifthBits() && g.t.Bits == 0 {
		return g.nibbles(), s
	}
	spare := g.spare
	if g.wide() {
		spare = s[1][0]
	}
	r.quants(0, q, []V{s[0][0], s[1][0], g.x[2], g.x[3]})
	for k := range 4 {
		low, high := q[2*k], q[2*k+1]
		f.Zip1(S4, spare, low, high)
		f.Zip2(S4, high, low, high)
		w[0][k], w[1][k], spare = spare, high, low
	}
	if g.wide() {
		s[1] = []V{spare}
	}
	return w, s
}

// nibbles is weights where nibbles can be put together before they are taken
// apart; the low ones are columns 0 to 15.
func (g *mmla) nibbles() (w [2][4]V) {
	f, q, r := g.f, g.q, g.r
	r.load(0, q)
	for k := range 2 {
		for i, zip := range []func(Arr, V, V, V){f.Zip1, f.Zip2} {
			z, low := q[4+2*k+i], q[2*k+i]
			w[i][k], w[i][k+2] = low, z
			zip(S4, z, q[2*k], q[2*k+1])
		}
		for i := range 2 {
			f.And(w[i][k], w[i][k+2], r.mask)
			f.Ushr(B16, w[i][k+2], w[i][k+2], 4)
		}
	}
	r.lookup(q)
	return w
}

// pairsOf adds the products with count pairs of tokens from the first on.
func (g *mmla) pairsOf(w [2][4]V, s [2][]V, first, count int) {
	init := g.starts(s, first, count)
	for i := range count {
		g.dots(w, s[0][i], s[1][i], first+i, init)
	}
	for i := range count {
		for h := range 2 {
			g.tail(g.acc[h][first+i], s[h][i], g.x[h], g.dx[(first+i)%g.scales()], h)
		}
	}
}

// starts sets the integers to what the quants' offset adds, if there is one.
func (g *mmla) starts(s [2][]V, first, count int) (init bool) {
	f := g.f
	switch {
	case g.t.Minima():
		f.LdR([]V{g.sx}, D2, g.pb, g.step(first+1, g.pbStep))
		f.Right("sshr", S4, g.sx, g.sx, 3) // -Σx
		if g.t.offset != 0 {
			f.Shl(S4, s[0][0], g.sx, 4)
			f.One("neg", S4, s[0][0], s[0][0])
			f.Mov(s[1][0], s[0][0])
		}
		f.Scvtf(g.sx, g.sx)
	case g.t.offset != 0:
		f.LdR(s[0][:count], D2, g.pb, g.step(first+count, g.pbStep))
		for i := range count {
			f.Mov(s[1][i], s[0][i])
		}
	}
	return g.t.offset != 0
}

// dots adds to the integers of one pair of tokens.
func (g *mmla) dots(w [2][4]V, s0, s1 V, pair int, init bool) {
	f, step := g.f, g.step(pair+1, g.pStep)
	if 2*pair+1 == g.tokens {
		f.LdR(g.x, D2, g.p, step)
	} else {
		f.LdN(g.x, D2, g.p, step)
	}
	if !init {
		f.Movi(s0, 0)
		f.Movi(s1, 0)
	}
	for k, x := range g.x {
		f.Mmla("smmla", s0, w[0][k], x)
		f.Mmla("smmla", s1, w[1][k], x)
	}
}

// tail adds the products of two rows with a pair of tokens, whose scales are dx.
func (g *mmla) tail(acc, s, d, dx V, rows int) {
	f := g.f
	f.Fmul(d, g.d[rows], dx)
	f.Scvtf(s, s)
	f.Fmul(s, s, d)
	f.Fadd(acc, acc, s) // acc += float32(s) * (dw*dx)
	if g.t.Minima() {
		f.Fmul(d, g.m[rows], dx)
		f.Fmul(d, d, g.sx)
		f.Fsub(acc, acc, d) // acc -= float32(-Σx) * (m*dx)
	}
}
