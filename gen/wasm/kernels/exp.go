package kernels

import . "github.com/querent-ai/chord/gen/wasm"

// exp is simd.Exp of a variable: its operations in its order.
func (k *kernel) exp(x Var) Expr {
	t := k.Let(F32x4Add(F32x4Mul(x.Expr, Float(1.44269504088896341)), Float(12582912)))
	n := k.Let(F32x4Sub(t.Expr, Float(12582912))) // x*log2e, rounded to an integer
	r := k.Let(F32x4Sub(F32x4Sub(x.Expr, F32x4Mul(n.Expr, Float(0.693359375))), F32x4Mul(n.Expr, Float(-2.12194440e-4))))
	p := Float(1.9875691500e-4)
	for _, c := range []float32{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1} {
		p = F32x4Add(F32x4Mul(p, r.Expr), Float(c))
	}
	y := F32x4Add(F32x4Add(F32x4Mul(F32x4Mul(r.Expr, r.Expr), p), r.Expr), Float(1))
	// The low bits of t are n: y * 2**n. Outside the range of x it does not matter
	// what comes out; NaN stays.
	y = I32x4Add(y, V128And(I32x4Shl(t.Expr, 23), F32x4Eq(x.Expr, x.Expr)))
	y = Select(Bits(0), y, F32x4Lt(x.Expr, Float(-87)))
	return Select(Float(inf(1)), y, F32x4Gt(x.Expr, Float(88)))
}

// exps writes the kernels that contain simd.Exp.
func (w *writer) exps() {
	k := w.kernel("ExpSum", "x []float32, m float32", "float32", "x",
		"ExpSum takes exponentials and returns their sum, in 16 lanes and a tree as Dot's:",
		"", "\tfor i := range x { x[i] = simd.Exp(x[i] - m); s[i%16] += x[i] }")
	x, m := k.arg("x"), k.Let(F32x4Splat(k.arg("m").Expr))
	first, n := k.Let(x.Expr), k.Let(k.n.Expr)
	k.each(k.n, func(g group) {
		v := k.Let(F32x4Sub(g.load(x), m.Expr))
		g.store(x, k.exp(v))
		g.next(x)
	})
	s := k.Locals(V128, 4)
	k.sixteen(n, []Var{first}, func() {
		for i, v := range s {
			k.Set(v, F32x4Add(v.Expr, k.Load(first.Expr, 16*i)))
		}
	})
	k.Return(k.tree(s))
	w.expSumFunc = k.Func

	k = w.gated("SiLUMul", "SiLUMul is the gate of a feed-forward layer:",
		"", "\tfor i, g := range gate { dst[i] = g / (1 + simd.Exp(-g)) * up[i] }")
	k.gate(func(g Var) Expr { return F32x4Neg(g.Expr) })

	k = w.gated("GELUMul", "GELUMul is the gate of a feed-forward layer with GELU's tanh approximation:",
		"",
		"\tfor i, g := range gate {",
		"\t\tu := (g*g*0.07135481627159896 + 1.5957691216057308) * g",
		"\t\tdst[i] = g / (1 + simd.Exp(-u)) * up[i]",
		"\t}")
	k.gate(func(g Var) Expr {
		u := F32x4Add(F32x4Mul(F32x4Mul(g.Expr, g.Expr), Float(0.07135481627159896)), Float(1.5957691216057308))
		return F32x4Neg(F32x4Mul(u, g.Expr))
	})
}

// gated starts a function of a gate.
func (w *writer) gated(name string, doc ...string) *kernel {
	return w.kernel(name, "dst []float32, gate []float32, up []float32", "", "dst", doc...)
}

// gate is dst[i] = gate[i] / (1 + Exp(exponent)) * up[i].
func (k *kernel) gate(exponent func(g Var) Expr) {
	dst, gate, up := k.arg("dst"), k.arg("gate"), k.arg("up")
	k.each(k.n, func(g group) {
		a := k.Let(g.load(gate))
		b := k.Let(exponent(a))
		g.store(dst, F32x4Mul(F32x4Div(a.Expr, F32x4Add(k.exp(b), Float(1))), g.load(up)))
		g.next(dst, gate, up)
	})
}

// softmax writes the softmax of a block of scores; w has Max, Scale and ExpSum.
func (w *writer) softmax() {
	k := w.kernel("Softmax", "s *float32, m *float32, l *float32, o *float32, spans *int, queries int, dim int", "", "",
		"Softmax takes one block's scores into the softmax of every query:",
		"",
		"\tfor q < queries {",
		"\t\tx := s[256*q+spans[2*q]:][:spans[2*q+1]]",
		"\t\tif mx := max(x); mx > m[q] {",
		"\t\t\tif m[q] > -Inf {",
		"\t\t\t\tf := simd.Exp(m[q] - mx)",
		"\t\t\t\tl[q], o[q*dim:(q+1)*dim] = l[q]*f, o[q*dim:(q+1)*dim]*f",
		"\t\t\t}",
		"\t\t\tm[q] = mx",
		"\t\t}",
		"\t\tfor i := range x { x[i] = simd.Exp(x[i] - m[q]); t[i%16] += x[i] }",
		"\t\tl[q] += t[0] + …, added up as a tree",
		"\t}")
	s, m, l, o, spans := k.arg("s"), k.arg("m"), k.arg("l"), k.arg("o"), k.arg("spans")
	n, x, mx := k.Local(I32), k.Local(w.Ptr), k.Local(F32)
	k.Loop(k.arg("queries"), func() {
		k.Set(n, k.I32(spans.Expr, 8)) // an int of Go has 64 bits, of which these have the low ones
		k.Set(x, k.At(s.Expr, k.I32(spans.Expr, 0), 4))
		k.If(n.Expr, func() {
			k.Set(mx, k.Call(w.maxFunc, x.Expr, n.Expr))
			k.If(F32Gt(mx.Expr, k.F32(m.Expr, 0)), func() { k.raise(m, l, o, mx) }, nil)
			k.Set(mx, k.Call(w.expSumFunc, x.Expr, k.F32(m.Expr, 0), n.Expr))
			k.Store(l.Expr, 0, F32Add(k.F32(l.Expr, 0), mx.Expr))
		}, nil)
		k.Inc(s, 4*attendBlock)
		k.Inc(m, 4)
		k.Inc(l, 4)
		k.Set(o, k.At(o.Expr, k.arg("dim").Expr, 4))
		k.Inc(spans, 16)
	})
}

// attendBlock is simd.attendBlock: scores of so many positions lie together.
const attendBlock = 256

// raise makes mx the maximum of a query.
func (k *kernel) raise(m, l, o, mx Var) {
	k.If(F32Gt(k.F32(m.Expr, 0), ConstF(inf(-1))), func() {
		d := k.Let(F32x4Splat(F32Sub(k.F32(m.Expr, 0), mx.Expr)))
		f := k.Let(LaneF(k.exp(d), 0))
		k.Store(l.Expr, 0, F32Mul(k.F32(l.Expr, 0), f.Expr))
		k.Run(k.w.scaleFunc, o.Expr, f.Expr, k.arg("dim").Expr)
	}, nil)
	k.Store(m.Expr, 0, mx.Expr)
}
