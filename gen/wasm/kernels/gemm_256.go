package kernels

import . "github.com/querent-ai/chord/gen/wasm"

// block256 adds the products of a block of 256, of which a part of 128 columns is
// multiplied at a time, and there the groups that share a scale:
//
//	S = Σ_g scale[g] · Σ quant·x, in integers, exactly
func (g *gemm) block256() {
	groups := 256 / g.t.Group // of which four scales are in a vector
	if g.sums[0] == nil {
		g.sums, g.fields = g.newSums(), map[string]Var{}
		for r := range half {
			g.scales[r] = g.Locals(V128, groups/4)
		}
		for _, f := range g.t.Fields {
			g.fields[f.Name] = g.Local(g.w.Type())
		}
		g.shiftPart = g.Local(I32)
	}
	g.t.start(g)
	for _, f := range g.t.Fields { // which start in part 1 where part 0 ends, if they have parts
		g.Set(g.fields[f.Name], g.p.Expr)
	}
	for t := range g.tokens {
		for r := range half {
			g.Set(g.sums[r][t], Bits(0))
		}
	}
	g.Set(g.shiftPart, Const(0))
	x, part, s := g.Let(g.pairs.Expr), g.Let(Const(2)), g.newSums()
	g.Loop(part, func() {
		if g.t.part != nil {
			g.t.part(g)
		}
		for i := range groups / 2 {
			g.group(x, i, s)
		}
		for r := range half {
			for i := range groups / 8 {
				g.Set(g.scales[r][i], g.scales[r][groups/8+i].Expr)
			}
		}
		for _, f := range g.t.Fields {
			if f.Width == 4 {
				g.Inc(g.fields[f.Name], 64*f.Count/2)
			}
		}
		g.Inc(x, 256)
		g.Set(g.shiftPart, Const(4))
	})
	g.add256()
}

// group adds the products of group i of a part, times its scale.
func (g *gemm) group(x Var, i int, s [half][]Var) {
	dwords := g.t.Group / 4
	for j := range dwords {
		g.multiply(x, i*dwords+j, i*dwords+j, s, j == 0)
	}
	for r := range half {
		scale := g.Let(byteOf(g.scales[r][i/4], i%4))
		for t := range g.tokens {
			g.Set(g.sums[r][t], I32x4Add(g.sums[r][t].Expr, I32x4Mul(s[r][t].Expr, scale.Expr)))
		}
	}
}

// byteOf is byte i of each dword, with its sign.
func byteOf(v Var, i int) Expr { return I32x4ShrS(I32x4Shl(v.Expr, 24-8*i), 24) }

// add256 adds S, times scales, to the results.
func (g *gemm) add256() {
	var dw, dmin [half]Var
	for r := range half {
		dw[r] = g.Let(g.scale("d", r))
		if g.t.Minima() {
			dmin[r] = g.Let(g.scale("dmin", r))
		}
	}
	d := g.Let(g.d.Expr)
	for t := range g.tokens {
		dx := g.Let(g.Splat32(g.rec.Expr, 256*g.tokens+4*t))
		var m [half]Expr
		if g.t.Minima() {
			m = g.minima(t)
		}
		for r := range half {
			acc := F32x4Add(g.Load(d.Expr, 16*r), F32x4Mul(F32x4Convert(g.sums[r][t].Expr), F32x4Mul(dw[r].Expr, dx.Expr)))
			if g.t.Minima() {
				acc = F32x4Sub(acc, F32x4Mul(F32x4Convert(m[r]), F32x4Mul(dmin[r].Expr, dx.Expr)))
			}
			g.Store(d.Expr, 16*r, acc)
		}
		if t+1 < g.tokens {
			g.Set(d, Add(d.Expr, g.stride.Expr))
		}
	}
}

// minima is Σ_g min[g] · Σ x of token t: groups 4i and 4i+2 at once, then the two
// odd ones.
func (g *gemm) minima(t int) (m [half]Expr) {
	at := 260*g.tokens + 48*t
	if g.t.Group == 32 {
		at += 32
	}
	order := [16]byte{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15}
	for i := range len(g.mins[0]) {
		if i%2 == 0 {
			x := g.Let(g.Load(g.rec.Expr, at+8*i))
			g.Set(g.extraSums, Shuffle(x.Expr, x.Expr, order))
		}
		for odd := range 2 {
			lane := byte(i%2*2 + odd)
			x := g.Let(Dwords(g.extraSums.Expr, g.extraSums.Expr, lane, lane, lane, lane))
			for r := range half {
				s := I32x4Dot(g.bits(g.mins[r][i], 8*odd, 8), x.Expr)
				if m[r].Valid() {
					s = I32x4Add(m[r], s)
				}
				m[r] = g.Let(s).Expr
			}
		}
	}
	return m
}
