package arm64

import (
	. "github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/layout"
)

// gemm is a product with several tokens in the making: four rows at once, whose
// quants stay in registers for all tokens, and each tile four times.
type gemm struct {
	f      *File
	t      format
	tokens int
	a      gemmArgs
	m      *multiplier
	r      *rows4

	acc, q, x, s []V
	d, dx        V // scales of rows, of tokens
	d2           V // scales of rows, of the second half
	dm, sums     V // minima, and -Σx of tokens
	p, end       R // the record: tokens' quants, what lies behind them

	moved          int // what p is behind the record's start
	pStep, endStep R   // what takes p and end from their last load to the next record
}

// gemmRows writes the product for the given number of tokens, at least two.
func gemmRows(f *File, t format, tokens int, dot bool) {
	g := &gemm{f: f, t: t, tokens: tokens, a: gemmFunc(f, t, tokens)}
	g.m, g.r = newMultiplier(f, t, dot), newRows4(f, t)
	for range tokens {
		g.acc = append(g.acc, f.V())
	}
	g.q, g.x, g.s, g.d, g.dx = f.Vs(8), f.Vs(4), f.Vs(g.group()), f.V(), f.V()
	if t.Minima() {
		g.dm, g.sums = f.V(), f.V()
	}
	if t.Halves() {
		g.d2 = f.V()
	}
	g.p, g.end = f.R(), f.R()
	g.steps(dot)
	g.tiles()
	f.End()
}

// group is how many tokens' integers there are at a time.
func (g *gemm) group() int {
	if g.tokens > 8 && (g.t.Minima() || g.t.Width("d") == 1 || g.t.Halves()) {
		return 2 // the others' registers are minima and constants
	}
	return 4
}

// tiles walks the tiles, four rows at a time.
func (g *gemm) tiles() {
	w, d := g.f.R(), g.f.R()
	fourRows(g.f, g.t, g.a, g.r, w, rowsLoop{
		start: func() {
			for _, v := range g.acc {
				g.f.Movi(v, 0)
			}
			g.f.MovR(g.p, g.a.acts)
			g.f.AddI(g.end, g.a.acts, g.behind())
		},
		block: g.block,
		end: func() {
			g.f.MovR(d, g.a.dst)
			for i, v := range g.acc {
				g.f.StQ(v, d.At(0))
				if i+1 < g.tokens {
					g.f.AddR(d, d, g.a.stride)
				}
			}
		},
	})
}

// behind is where the register end points to in a record: to the biases, or
// behind these where they are wanted four at a time.
func (g *gemm) behind() int {
	if g.t.Minima() {
		return 40 * g.tokens
	}
	return 36 * g.tokens
}

// steps sets pStep and endStep.
func (g *gemm) steps(dot bool) {
	last := 16
	if dot {
		last = 32 * (2 - g.tokens%2)
	}
	if dot && g.t.Halves() {
		last = 32
	}
	g.pStep = g.f.R()
	g.f.Const(g.pStep, int64(last+(layout.Record32-32)*g.tokens))
	if !g.t.Minima() && g.t.offset != 0 {
		g.endStep = g.f.R()
		g.f.Const(g.endStep, int64(layout.Record32*g.tokens-(g.tokens-1)/g.group()*4*g.group()))
	}
}
