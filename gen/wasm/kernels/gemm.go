package kernels

import (
	"fmt"

	"github.com/querent-ai/chord/gen/layout"
	. "github.com/querent-ai/chord/gen/wasm"
)

// half is how many vectors of four rows are multiplied at once, half a tile: with
// four tokens their sums take eight registers of the sixteen that amd64 has, and one
// read of activations serves eight rows.
const half = 2

// A blocks is how a type's blocks are multiplied.
type blocks struct {
	layout.Type

	// base is what the quants of columns 4e to 4e+3 of four rows are made of, r being
	// the vector of rows; quant those of even columns, or of odd ones, as int16.
	base  func(g *gemm, r, e int) Expr
	quant func(g *gemm, b Var, r, e, odd int) Expr

	// start is done before the quants of a block. Of blocks of 256 it sets scales and
	// mins, and part is done before a part of 128 columns.
	start, part func(g *gemm)
}

// A gemm is a product with some tokens in the making.
type gemm struct {
	*kernel
	t      blocks
	tokens int

	part                 int // of a block whose parts are written one by one
	dst, stride, w, acts Var
	pairs                Var // activations as int16

	rec       Var // the block's activations
	p, h, b   Var // the block, where these eight rows have their dwords, their f16, their bytes
	d         Var // their results
	sums      [half][]Var
	extra     [half][]Var // what start or part keeps
	scales    [half][]Var // of four groups each, as bytes
	mins      [half][]Var
	extraSums Var            // eight sums of activations
	fields    map[string]Var // the block, at these eight rows and the part's elements of a field
	shiftPart Var            // of bit planes, the place of the part's first bit
}

// product writes Gemm<type>x<tokens>, with the code that body writes for weights of the
// memory of everything else, and once more for those of the far memory if there is one.
func (w *writer) product(t layout.Type, tokens int, loop string, body func(k *kernel)) {
	params := like
	name := fmt.Sprintf("Gemm%sx%d", t.Name, tokens)
	near := w.inner(name, params, "", "")
	if weights := near.arg("w"); w.Memory64 {
		body(near)
	} else {
		near.args["w"] = near.Let(Narrow(weights.Expr))
		body(near)
	}
	far := (*kernel)(nil)
	if w.Far {
		far = w.inner(name, params, "", "")
		far.Set(far.arg("w"), Sub(far.arg("w").Expr, Const64(farFrom)))
		body(far)
	}
	w.parallel(near, far, tokens, t.TileBytes())
	w.declare(name, params, "", "",
		fmt.Sprintf("%s multiplies tiles of 16 interleaved rows with a panel of %d tokens:", name, tokens),
		"",
		"\tfor tile, token t, row r {",
		"\t\tacc = 0",
		"\t\t"+loop,
		"\t\tdst[t*stride+16*tile+r] = acc",
		"\t}")
}

// gemm writes the products of a type in blocks.
func (w *writer) gemm(t blocks, tokens int) {
	w.product(t.Type, tokens, "for b < blocks { "+t.loop()+" }", func(k *kernel) { t.body(k, tokens) })
}

// body writes the code of a product.
func (t blocks) body(k *kernel, tokens int) {
	g := &gemm{t: t, tokens: tokens, kernel: k}
	g.dst, g.w, g.acts = g.arg("dst"), g.arg("w"), g.arg("acts")
	g.stride = g.Let(Mul(g.Wide(g.arg("stride").Expr), g.Addr(4)))
	g.pairs = g.Let(g.own(pairsAt))
	g.rec, g.d = g.Local(k.w.Ptr), g.Local(k.w.Ptr)
	weights := g.w.Type() // of addresses
	g.p, g.h, g.b = g.Local(weights), g.Local(weights), g.Local(weights)
	n, rows := g.Local(I32), g.Local(I32)
	g.Loop(g.arg("tiles"), func() {
		g.clear()
		g.Set(g.rec, g.acts.Expr)
		g.Set(n, g.arg("blocks").Expr)
		g.Loop(n, func() {
			switch {
			case t.Halves():
				for g.part = range t.Parts() {
					g.part32or256(rows, g.w)
				}
			case t.Bits > 0:
				g.parts(rows)
			default:
				g.part32or256(rows, g.w)
			}
			g.Inc(g.w, t.TileBytes())
		})
		g.Inc(g.dst, 64)
	})
}

// parts adds the products of a block's parts, of 32 columns each.
func (g *gemm) parts(rows Var) {
	from, n := g.Let(g.w.Expr), g.Let(Const(g.t.Parts()))
	g.Loop(n, func() {
		g.part32or256(rows, from)
		g.Inc(from, 64*g.t.Chunks())
	})
}

// part32or256 adds the products of a block, or of a part of one, whose dwords are
// counted from from.
func (g *gemm) part32or256(rows, from Var) {
	g.expand()
	g.Set(g.p, from.Expr)
	g.Set(g.h, g.w.Expr)
	g.Set(g.b, g.w.Expr)
	g.Set(g.d, g.dst.Expr)
	g.Set(rows, Const(4/half))
	g.Loop(rows, func() {
		if g.t.Small() {
			g.block32()
		} else {
			g.block256()
		}
		g.Inc(g.p, 16*half)
		g.Inc(g.h, 8*half)
		g.Inc(g.b, 4*half)
		g.Inc(g.d, 16*half)
	})
	g.Inc(g.rec, g.tokens*g.t.record())
}

// columns are those that are multiplied at a time, all that share a scale of the
// activations.
func (t blocks) columns() int {
	if t.Small() {
		return 32
	}
	return t.Columns
}

// loop is what a row does, in Go.
func (t blocks) loop() string {
	switch {
	case t.Halves():
		return fmt.Sprintf("for every 16 of %d columns { acc += float32(Σ q*x) * (dw*dx) }", t.Columns)
	case t.Bits > 0:
		return fmt.Sprintf("for every 32 of %d columns { acc += float32(Σ q*x) * (dw*dx) }", t.Columns)
	case t.Columns == 32 && t.Minima():
		return "acc += float32(Σ q*x) * (dw*dx); acc += float32(Σ x) * (m*dx)"
	case t.Columns == 32:
		return "acc += float32(Σ q*x) * (dw*dx)"
	case t.Minima():
		return "acc += float32(Σ_g scale[g] * Σ q*x) * (dw*dx); acc -= float32(Σ_g min[g] * Σ x) * (dmin*dx)"
	}
	return "acc += float32(Σ_g scale[g] * Σ q*x) * (dw*dx)"
}

// record is the size of an activation record of one token.
func (t blocks) record() int {
	if t.Small() {
		return layout.Record32
	}
	return layout.Record256
}

// clear zeroes the tile's results, which are the float sums.
func (g *gemm) clear() {
	g.Set(g.d, g.dst.Expr)
	for t := range g.tokens {
		for i := range 4 {
			g.Store(g.d.Expr, 16*i, Bits(0))
		}
		if t+1 < g.tokens {
			g.Set(g.d, Add(g.d.Expr, g.stride.Expr))
		}
	}
}

// expand writes the block's activations as int16: of sixteen the eight of even
// columns, then those of odd ones.
func (g *gemm) expand() {
	from, to, n := g.Let(g.rec.Expr), g.Let(g.pairs.Expr), g.Let(Const(g.tokens*g.t.columns()/16))
	g.Loop(n, func() {
		x := g.Let(g.Load(from.Expr, 0))
		g.Store(to.Expr, 0, I16x8ShrS(I16x8Shl(x.Expr, 8), 8))
		g.Store(to.Expr, 16, I16x8ShrS(x.Expr, 8))
		g.Inc(from, 16)
		g.Inc(to, 32)
	})
}

// x is two activations of token t, for columns 4e and 4e+2, or the odd ones behind
// them, counted from p.
func (g *gemm) x(p Var, t, e, odd int) Expr {
	return g.Splat32(p.Expr, t*2*g.t.columns()+e/4*32+odd*16+e%4*4)
}

// multiply adds the products of columns 4e to 4e+3 to sums, or sets them.
func (g *gemm) multiply(p Var, e, field int, sums [half][]Var, first bool) {
	g.Scope(func() { g.dots(p, e, field, sums, first) })
}

// dots is multiply without the scope.
func (g *gemm) dots(p Var, e, field int, sums [half][]Var, first bool) {
	var base [half]Var
	for r := range base {
		base[r] = g.Let(g.t.base(g, r, field))
	}
	for odd := range 2 {
		var q [half]Var
		for r := range q {
			q[r] = g.Let(g.t.quant(g, base[r], r, field, odd))
		}
		for t := range g.tokens {
			x := g.Let(g.x(p, t, e, odd))
			for r, q := range q {
				s := I32x4Dot(q.Expr, x.Expr)
				if !first || odd > 0 {
					s = I32x4Add(sums[r][t].Expr, s)
				}
				g.Set(sums[r][t], s)
			}
		}
	}
}

// newSums are variables for sums of all tokens.
func (g *gemm) newSums() (s [half][]Var) {
	for r := range s {
		s[r] = g.Locals(V128, g.tokens)
	}
	return s
}

// scale is a field of f16, e8m0 or float32 of four rows.
func (g *gemm) scale(name string, r int) Expr {
	at := g.t.At(name)
	switch g.t.Width(name) {
	case 4:
		return g.Load(g.p.Expr, at+16*r)
	case 2:
		return g.fromHalf(g.LoadI16(g.h.Expr, at+8*r))
	}
	// 2**(e-128), which is subnormal for 0 and 1.
	e := g.Let(I32x4ExtendLowU(I16x8ExtendLowU(g.Load32(g.b.Expr, at+4*r))))
	normal := I32x4Shl(I32x4MaxS(I32x4Sub(e.Expr, g.Vec(1)), Bits(0)), 23)
	small := I32x4Shl(I32x4Add(e.Expr, g.Vec(1)), 21)
	return V128Or(normal, V128And(small, I32x4LtS(e.Expr, g.Vec(2))))
}

// block32 adds the products of a block of 32.
func (g *gemm) block32() {
	if g.sums[0] == nil {
		g.sums = g.newSums()
	}
	excess := 0 // of the quants as they are multiplied
	if g.t.Values == nil && g.t.Chunks() == 4 {
		excess = g.t.Excess()
	}
	if g.t.Bits > 0 {
		excess = 8 // of these the record has Σx itself
	}
	for t := range g.tokens {
		for r := range half {
			if excess > 0 { // -8·Σx, times excess/8
				g.Set(g.sums[r][t], I32x4Shl(g.Splat32(g.rec.Expr, 36*g.tokens+4*t), excess/16))
			}
		}
	}
	if g.t.start != nil {
		g.t.start(g)
	}
	for e := range 8 {
		if g.t.Halves() {
			g.multiply(g.pairs, e, e, g.sums, e%4 == 0)
			if e%4 == 3 {
				g.add32(func(r int) Expr { return g.scale16(2*g.part+e/4, r) })
			}
			continue
		}
		g.multiply(g.pairs, e, e, g.sums, e == 0 && excess == 0)
	}
	if !g.t.Halves() {
		g.add32(func(r int) Expr { return g.scale("d", r) })
	}
}

// scale16 is a group's scale, one of four e4m3, of four rows: where float32 has the
// bits of e4m3 they are 2**-119 times as large. 0x7f is 0.
func (g *gemm) scale16(group, r int) Expr {
	all := g.Let(g.Load(g.p.Expr, g.t.At("d")+16*r))
	bits := V128And(I32x4ShrU(I32x4Shl(all.Expr, 25-8*group), 5), g.Vec(0x7f<<20))
	value := F32x4Mul(bits, g.Vec((119+127)<<23))
	return Select(Bits(0), value, I32x4Eq(V128And(I32x4ShrU(all.Expr, 8*group), g.Vec(0xff)), g.Vec(0x7f)))
}

// add32 adds the sums, times scales, to the results.
func (g *gemm) add32(scale func(r int) Expr) {
	var dw, m [half]Var
	for r := range half {
		dw[r] = g.Let(scale(r))
		if g.t.Minima() {
			m[r] = g.Let(g.scale("m", r))
		}
	}
	d := g.Let(g.d.Expr)
	for t := range g.tokens {
		dx := g.Let(g.Splat32(g.rec.Expr, 32*g.tokens+4*t))
		var sum Var
		if g.t.Minima() {
			sum = g.Let(F32x4Convert(I32x4Neg(I32x4ShrS(g.Splat32(g.rec.Expr, 36*g.tokens+4*t), 3))))
		}
		for r := range half {
			acc := F32x4Add(g.Load(d.Expr, 16*r), F32x4Mul(F32x4Convert(g.sums[r][t].Expr), F32x4Mul(dw[r].Expr, dx.Expr)))
			if g.t.Minima() {
				acc = F32x4Add(acc, F32x4Mul(sum.Expr, F32x4Mul(m[r].Expr, dx.Expr)))
			}
			g.Store(d.Expr, 16*r, acc)
		}
		if t+1 < g.tokens {
			g.Set(d, Add(d.Expr, g.stride.Expr))
		}
	}
}
