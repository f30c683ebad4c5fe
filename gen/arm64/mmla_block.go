package arm64

import . "github.com/querent-ai/chord/gen/a64"

// block adds the products of four rows' block with all tokens.
func (g *mmla) block() {
	f := g.f
	w := g.weights()
	g.r.scale(0, g.d[0], g.x[0])
	f.Zip2(S4, g.d[1], g.d[0], g.d[0])
	f.Zip1(S4, g.d[0], g.d[0], g.d[0])
	if g.t.min {
		g.r.minimum(0, g.m[0])
		f.Zip2(S4, g.m[1], g.m[0], g.m[0])
		f.Zip1(S4, g.m[0], g.m[0], g.m[0])
	}
	pairs := len(g.acc[0])
	for first := 0; first < pairs; first += g.group() {
		g.pairsOf(w, first, min(g.group(), pairs-first))
	}
}

// weights loads the block: w[i][k] has columns 8k to 8k+7 of rows 2i and 2i+1.
func (g *mmla) weights() (w [2][4]V) {
	f, q, r := g.f, g.q, g.r
	if g.t.chunks == 8 || g.t.fifth {
		r.quants(0, q, g.x)
		spare := g.spare
		for k := range 4 {
			low, high := q[2*k], q[2*k+1]
			f.Zip1(S4, spare, low, high)
			f.Zip2(S4, high, low, high)
			w[0][k], w[1][k], spare = spare, high, low
		}
		return w
	}
	r.load(0, q)
	for k := range 2 { // low nibbles are columns 0 to 15
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
func (g *mmla) pairsOf(w [2][4]V, first, count int) {
	f := g.f
	last := first+count == len(g.acc[0])
	odd := last && g.tokens%2 == 1
	load := func(to []V, p, end R) {
		if odd && count == 2 { // no instruction broadcasts both
			f.LdR(to[:1], D2, p, Next)
			f.LdR(to[1:2], S4, p, By(end))
			return
		}
		a, s := D2, Next
		if odd {
			a = S4
		}
		if last {
			s = By(end)
		}
		f.LdR(to[:count], a, p, s)
	}
	load(g.dx, g.pd, g.pdStep)
	s := [2][]V{g.s[:count], g.s[count : 2*count]}
	init := g.starts(s, load)
	for i := range count {
		g.dots(w, s[0][i], s[1][i], first+i, init)
	}
	for i := range count {
		for h := range 2 {
			g.tail(g.acc[h][first+i], s[h][i], g.x[0], h, i)
		}
	}
}

// starts sets the integers to what the quants' offset adds, if there is one.
func (g *mmla) starts(s [2][]V, load func(to []V, p, end R)) (init bool) {
	f := g.f
	switch {
	case g.t.min:
		load(g.sx, g.pb, g.pbStep)
		f.Right("sshr", S4, g.sx[0], g.sx[0], 3) // -Σx
		if g.t.offset != 0 {
			f.Shl(S4, s[0][0], g.sx[0], 4)
			f.One("neg", S4, s[0][0], s[0][0])
			f.Mov(s[1][0], s[0][0])
		}
		f.Scvtf(g.sx[0], g.sx[0])
	case g.t.offset != 0:
		load(s[0], g.pb, g.pbStep)
		for i, v := range s[0] {
			f.Mov(s[1][i], v)
		}
	}
	return g.t.offset != 0
}

// dots adds to the integers of one pair of tokens.
func (g *mmla) dots(w [2][4]V, s0, s1 V, pair int, init bool) {
	f, step := g.f, Next
	if pair+1 == len(g.acc[0]) {
		step = By(g.pStep)
	}
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

// tail adds the products of two rows with pair i of the group.
func (g *mmla) tail(acc, s, d V, rows, i int) {
	f := g.f
	f.Fmul(d, g.d[rows], g.dx[i])
	f.Scvtf(s, s)
	f.Fmul(s, s, d)
	f.Fadd(acc, acc, s) // acc += float32(s) * (dw*dx)
	if g.t.min {
		f.Fmul(d, g.m[rows], g.dx[i])
		f.Fmul(d, d, g.sx[i])
		f.Fsub(acc, acc, d) // acc -= float32(-Σx) * (m*dx)
	}
}
