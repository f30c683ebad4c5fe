package kernels

import . "github.com/querent-ai/chord/gen/wasm"

// rope writes the rotations of pairs.
func (w *writer) rope() {
	k := w.kernel("RoPE", "x []float32, cos []float32, sin []float32", "", "cos",
		"RoPE rotates neighbouring pairs:",
		"", "\tx[2i], x[2i+1] = x[2i]*cos[i] - x[2i+1]*sin[i], x[2i]*sin[i] + x[2i+1]*cos[i]")
	x, cos, sin := k.arg("x"), k.arg("cos"), k.arg("sin")
	k.each(k.n, func(g group) {
		low, high := k.Let(k.Load(x.Expr, 0)), Expr{}
		if g.elems == 4 {
			high = k.Load(x.Expr, 16)
		} else {
			k.Set(low, k.Load64(x.Expr, 0))
			high = low.Expr
		}
		both := k.Let(high)
		a := k.Let(Dwords(low.Expr, both.Expr, 0, 2, 4, 6))
		b := k.Let(Dwords(low.Expr, both.Expr, 1, 3, 5, 7))
		a, b = k.rotate(a, b, g.load(cos), g.load(sin))
		if g.elems == 4 {
			k.Store(x.Expr, 0, Dwords(a.Expr, b.Expr, 0, 4, 1, 5))
			k.Store(x.Expr, 16, Dwords(a.Expr, b.Expr, 2, 6, 3, 7))
		} else {
			k.StoreLane(x.Expr, 0, Dwords(a.Expr, b.Expr, 0, 4, 0, 4), 8)
		}
		k.Inc(x, 8*g.elems)
		g.next(cos, sin)
	})

	k = w.kernel("RoPEHalves", "x []float32, cos []float32, sin []float32", "", "cos",
		"RoPEHalves rotates pairs of the two halves, n = len(cos):",
		"", "\tx[i], x[n+i] = x[i]*cos[i] - x[n+i]*sin[i], x[i]*sin[i] + x[n+i]*cos[i]")
	x, cos, sin = k.arg("x"), k.arg("cos"), k.arg("sin")
	y := k.Let(k.At(x.Expr, k.n.Expr, 4))
	k.each(k.n, func(g group) {
		a, b := k.Let(g.load(x)), k.Let(g.load(y))
		a, b = k.rotate(a, b, g.load(cos), g.load(sin))
		g.store(x, a.Expr)
		g.store(y, b.Expr)
		g.next(x, y, cos, sin)
	})
}

// rotate is a*cos - b*sin, a*sin + b*cos.
func (k *kernel) rotate(a, b Var, cos, sin Expr) (x, y Var) {
	c, s := k.Let(cos), k.Let(sin)
	x = k.Let(F32x4Sub(F32x4Mul(a.Expr, c.Expr), F32x4Mul(b.Expr, s.Expr)))
	y = k.Let(F32x4Add(F32x4Mul(a.Expr, s.Expr), F32x4Mul(b.Expr, c.Expr)))
	return x, y
}

// hadamard writes the transform of runs of 16 and more elements.
func (w *writer) hadamard() {
	k := w.kernel("Hadamard", "x []float32, n int, s float32", "", "x",
		"Hadamard is the Hadamard transform of runs of n elements, a power of two from 16 on:",
		"",
		"\tfor i := range x { x[i] *= s }",
		"\tfor t := 1; t < n; t *= 2 {",
		"\t\tfor i := range x { if i&t == 0 { x[i], x[i+t] = x[i]+x[i+t], x[i]-x[i+t] } }",
		"\t}")
	x, s := k.arg("x"), k.Let(F32x4Splat(k.arg("s").Expr))
	p, left, a := k.Let(x.Expr), k.Let(k.n.Expr), k.Locals(V128, 4)
	k.While(left, 16, func() {
		for i, v := range a {
			k.Set(v, F32x4Mul(k.Load(p.Expr, 16*i), s.Expr))
			k.crossed(v, []byte{1, 0, 3, 2}, Bits(0, ^uint32(0), 0, ^uint32(0))) // stride 1
			k.crossed(v, []byte{2, 3, 0, 1}, Bits(0, 0, ^uint32(0), ^uint32(0))) // 2
		}
		for _, pair := range [][2]int{{0, 1}, {2, 3}, {0, 2}, {1, 3}} { // 4 and 8
			k.butterfly(a[pair[0]], a[pair[1]])
		}
		for i, v := range a {
			k.Store(p.Expr, 16*i, v.Expr)
		}
		k.Inc(p, 64)
	})
	k.wide(x, k.n, k.arg("n"))
}

// butterfly is a, b = a+b, a-b.
func (k *kernel) butterfly(a, b Var) {
	d := k.Let(F32x4Sub(a.Expr, b.Expr))
	k.Set(a, F32x4Add(a.Expr, b.Expr))
	k.Set(b, d.Expr)
}

// crossed is butterfly of lanes of one vector: each lane and its partner; second
// says which are second.
func (k *kernel) crossed(v Var, partner []byte, second Expr) {
	p := k.Let(Dwords(v.Expr, v.Expr, partner...))
	k.Set(v, Select(F32x4Sub(p.Expr, v.Expr), F32x4Add(v.Expr, p.Expr), second))
}

// wide are the butterflies of strides of 16 and more of all elements from x on.
func (k *kernel) wide(x, all, n Var) {
	stride, lo, hi, runs, left := k.Let(Const(16)), k.Local(k.w.Ptr), k.Local(k.w.Ptr), k.Local(I32), k.Local(I32)
	k.Until(GeS(stride.Expr, n.Expr), func() {
		k.Set(lo, x.Expr)
		k.Set(runs, all.Expr)
		k.Until(LtS(runs.Expr, Const(1)), func() {
			k.Set(hi, k.At(lo.Expr, stride.Expr, 4))
			k.Set(left, stride.Expr)
			k.While(left, 4, func() {
				a, b := k.Let(k.Load(lo.Expr, 0)), k.Let(k.Load(hi.Expr, 0))
				k.Store(lo.Expr, 0, F32x4Add(a.Expr, b.Expr))
				k.Store(hi.Expr, 0, F32x4Sub(a.Expr, b.Expr))
				k.Inc(lo, 16)
				k.Inc(hi, 16)
			})
			k.Set(lo, hi.Expr) // the next run begins where this one ends
			k.Set(runs, Sub(runs.Expr, Shl(stride.Expr, Const(1))))
		})
		k.Set(stride, Shl(stride.Expr, Const(1)))
	})
}
