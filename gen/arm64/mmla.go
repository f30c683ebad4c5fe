package arm64

import (
	. "github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/layout"
)

// mmla is the product with SMMLA in the making: two rows by two tokens and
// eight columns an instruction, the sums in the order r0t0, r0t1, r1t0, r1t1.
// Four rows at once as in gemm; an odd token is a pair with itself.
type mmla struct {
	f      *File
	t      format
	tokens int
	a      gemmArgs
	r      *rows4

	acc   [2][]V // sums of rows 0 and 1, of rows 2 and 3, by pairs of tokens
	q     []V    // the rows' quants as they come
	spare V      // for putting them together
	x     []V    // a pair's quants, eight columns each
	s     [2][]V // integers of rows 0 and 1, of rows 2 and 3, by pairs
	d, m  [2]V   // scales and minima of the rows, each twice
	dx    []V    // scales of the tokens, by pairs, twice
	sx    V      // -Σx of a pair, twice

	p, pd, pb             R // quants, scales and biases in the record
	pStep, pdStep, pbStep R // and what takes them to the next one
}

// wide reports whether the sums leave registers for little else.
func (g *mmla) wide() bool { return g.tokens > 8 }

// group is how many pairs of tokens are worked on at once, scales of how many
// pairs the scales are loaded together.
func (g *mmla) group() int {
	if g.t.Minima() || g.wide() { // whose minima take registers
		return 1
	}
	return 2
}

func (g *mmla) scales() int {
	if g.wide() && !g.t.Minima() {
		return 3
	}
	return g.group()
}

// bias says whether the tokens' biases matter.
func (g *mmla) bias() bool { return g.t.Minima() || g.t.offset != 0 }

// gemmMmla writes the product for the given number of tokens, at least two.
func gemmMmla(f *File, t format, tokens int) {
	g := &mmla{f: f, t: t, tokens: tokens, a: gemmFunc(f, t, tokens)}
	g.x = f.Vs(4)
	if g.wide() {
		g.r = newRows4(f, t, g.x...)
	} else {
		g.r, g.spare = newRows4(f, t), f.V()
	}
	for range (tokens + 1) / 2 {
		g.acc[0], g.acc[1] = append(g.acc[0], f.V()), append(g.acc[1], f.V())
	}
	g.q, g.dx = f.Vs(8), f.Vs(g.scales())
	for i := range 2 {
		g.s[i], g.d[i] = f.Vs(g.group()), f.V()
		if t.Minima() {
			g.m[i] = f.V()
		}
	}
	if t.Minima() {
		g.sx = f.V()
	}
	g.pointers()
	g.tiles()
	f.End()
}

// pointers hands out the registers that walk the records. Loads of pairs come n
// at a time and each moves its pointer; the last of a record moves it on to the
// next one.
func (g *mmla) pointers() {
	f, pairs := g.f, len(g.acc[0])
	step := func(n, size int) (p, s R) {
		p, s = f.R(), f.R()
		f.Const(s, int64(layout.Record32*g.tokens-(pairs-1)/n*n*size))
		return p, s
	}
	g.p, g.pStep = step(1, 64)
	g.pd, g.pdStep = step(g.scales(), 8)
	if g.bias() {
		g.pb, g.pbStep = step(g.group(), 8)
	}
}

// start sets the pointers to the first record.
func (g *mmla) start() {
	f := g.f
	f.MovR(g.p, g.a.acts)
	f.AddI(g.pd, g.p, 32*g.tokens)
	if g.bias() {
		f.AddI(g.pb, g.p, 36*g.tokens)
	}
}

// tiles walks the tiles, four rows at a time.
func (g *mmla) tiles() {
	w, d := g.f.R(), g.f.R()
	fourRows(g.f, g.t, g.a, g.r, w, rowsLoop{
		start: func() {
			for i := range g.acc[0] {
				g.f.Movi(g.acc[0][i], 0)
				g.f.Movi(g.acc[1][i], 0)
			}
			g.start()
		},
		block: g.block,
		end: func() {
			g.f.MovR(d, g.a.dst)
			g.store(d)
		},
	})
}

// store takes the sums apart and stores them, token by token.
func (g *mmla) store(d R) {
	f := g.f
	for i := range g.tokens {
		a, b := g.acc[0][i/2], g.acc[1][i/2]
		if i%2 == 0 {
			f.Uzp1(S4, g.x[0], a, b)
		} else {
			f.Uzp2(S4, g.x[0], a, b)
		}
		f.StQ(g.x[0], d.At(0))
		if i+1 < g.tokens {
			f.AddR(d, d, g.a.stride)
		}
	}
}
