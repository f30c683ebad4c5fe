package kernels

import (
	"math"

	. "github.com/querent-ai/chord/gen/wasm"
)

// elementwise writes the loops without sums.
func (w *writer) elementwise() {
	k := w.kernel("Add", "dst []float32, x []float32", "", "dst",
		"Add is a sum:", "", "\tfor i := range dst { dst[i] += x[i] }")
	dst, x := k.arg("dst"), k.arg("x")
	k.each(k.n, func(g group) {
		g.store(dst, F32x4Add(g.load(dst), g.load(x)))
		g.next(dst, x)
	})

	w.scale()

	k = w.kernel("ScaleMul", "dst []float32, x []float32, w []float32, s float32", "", "dst",
		"ScaleMul is two products:", "", "\tfor i := range dst { dst[i] = x[i] * s * w[i] }")
	dst, x = k.arg("dst"), k.arg("x")
	by, s := k.arg("w"), k.Let(F32x4Splat(k.arg("s").Expr))
	k.each(k.n, func(g group) {
		g.store(dst, F32x4Mul(F32x4Mul(g.load(x), s.Expr), g.load(by)))
		g.next(dst, x, by)
	})

	k = w.kernel("MulAdd", "dst []float32, x []float32, w []float32", "", "dst",
		"MulAdd is a sum with a product:", "", "\tfor i := range dst { dst[i] += float32(x[i] * w[i]) }")
	dst, x, by = k.arg("dst"), k.arg("x"), k.arg("w")
	k.each(k.n, func(g group) {
		g.store(dst, F32x4Add(g.load(dst), F32x4Mul(g.load(x), g.load(by))))
		g.next(dst, x, by)
	})

	k = w.kernel("Axpy", "dst []float32, x []float32, a float32", "", "dst",
		"Axpy is a sum with a product:", "", "\tfor i := range dst { dst[i] += float32(a * x[i]) }")
	dst, x = k.arg("dst"), k.arg("x")
	s = k.Let(F32x4Splat(k.arg("a").Expr))
	k.each(k.n, func(g group) {
		g.store(dst, F32x4Add(g.load(dst), F32x4Mul(g.load(x), s.Expr)))
		g.next(dst, x)
	})
}

// scale writes the product with one number.
func (w *writer) scale() {
	k := w.kernel("Scale", "x []float32, s float32", "", "x",
		"Scale is a product:", "", "\tfor i := range x { x[i] *= s }")
	x, s := k.arg("x"), k.Let(F32x4Splat(k.arg("s").Expr))
	k.each(k.n, func(g group) {
		g.store(x, F32x4Mul(g.load(x), s.Expr))
		g.next(x)
	})
	w.scaleFunc = k.Func
}

// sums writes the reductions.
func (w *writer) reductions() {
	k := w.kernel("Dot", "x []float32, y []float32", "float32", "x",
		"Dot is a sum of products, in 16 lanes and a tree:",
		"", "\tfor i := range x { s[i%16] += x[i] * y[i] }")
	x, y, s := k.arg("x"), k.arg("y"), k.Locals(V128, 4)
	k.sixteen(k.n, []Var{x, y}, func() {
		for i, v := range s {
			k.Set(v, F32x4Add(v.Expr, F32x4Mul(k.Load(x.Expr, 16*i), k.Load(y.Expr, 16*i))))
		}
	})
	k.Return(k.tree(s))

	w.max()
	w.above()
}

// max writes the largest element.
func (w *writer) max() {
	k := w.kernel("Max", "x []float32", "float32", "x",
		"Max is the largest element, -Inf if there is none; NaN is never the largest.")
	x, m := k.arg("x"), k.Let(Float(inf(-1)))
	k.While(k.n, 4, func() {
		k.Set(m, F32x4PMax(m.Expr, k.Load(x.Expr, 0)))
		k.Inc(x, 16)
	})
	k.While(k.n, 1, func() {
		k.Set(m, F32x4PMax(m.Expr, k.Splat32(x.Expr, 0)))
		k.Inc(x, 4)
	})
	k.Set(m, F32x4PMax(m.Expr, Dwords(m.Expr, m.Expr, 2, 3, 2, 3)))
	k.Set(m, F32x4PMax(m.Expr, Dwords(m.Expr, m.Expr, 1, 1, 1, 1)))
	k.Return(LaneF(m.Expr, 0))
	w.maxFunc = k.Func
}

// inf is an infinity.
func inf(sign int) float32 { return float32(math.Inf(sign)) }

// above writes the search of top-k.
func (w *writer) above() {
	k := w.kernel("Above", "x []float32, t float32", "int", "x",
		"Above returns the index of the first element above t, len(x) if there is none:",
		"", "\tfor i, v := range x { if v > t { return i } }", "\treturn len(x)")
	x, t, all := k.arg("x"), k.Let(F32x4Splat(k.arg("t").Expr)), k.Let(k.n.Expr)
	found := k.Local(I32)
	k.Until(Or(found.Expr, LtS(k.n.Expr, Const(4))), func() {
		k.Set(found, AnyTrue(F32x4Gt(k.Load(x.Expr, 0), t.Expr)))
		k.If(Eq(found.Expr, Const(0)), func() {
			k.Inc(x, 16)
			k.Inc(k.n, -4)
		}, nil)
	})
	k.While(k.n, 1, func() {
		k.If(F32Gt(k.F32(x.Expr, 0), k.arg("t").Expr), func() { k.Return(Sub(all.Expr, k.n.Expr)) }, nil)
		k.Inc(x, 4)
	})
	k.Return(all.Expr)
}
