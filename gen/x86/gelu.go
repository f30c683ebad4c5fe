package x86

// GELU is the gate of a feed-forward layer with GELU.
var GELU = Kernel{"gelu", func(f *File) {
	e := f.expConsts()
	sign := f.Const32("sign", 1<<31)
	cubic, linear := f.Float32("cubic", 0.07135481627159896), f.Float32("linear", 1.5957691216057308)
	f.Func("GELUMul", "func(dst, gate, up []float32)",
		"GELUMul is the gate of a feed-forward layer with GELU's tanh approximation:",
		"",
		"\tfor i, g := range gate {",
		"\t\tu := (g*g*0.07135481627159896 + 1.5957691216057308) * g",
		"\t\tdst[i] = g / (1 + simd.Exp(-u)) * up[i]",
		"\t}")
	dst, gate, up := f.Base("dst"), f.Base("gate"), f.Base("up")
	exp := f.exp(e)
	minus, one := f.num(sign), f.num(e.one)
	f.Span(f.Len("dst")).Each(func(g Group) {
		a, b := f.V(), f.V()
		g.Load(gate, a)
		f.Mul(a, a, b)
		f.By(f.VMULPS, cubic, b)
		f.By(f.VADDPS, linear, b)
		f.Mul(a, b, b)
		f.By(f.VXORPS, minus, b)
		y := exp(b)
		f.By(f.VADDPS, one, y)
		for h := range y {
			f.VDIVPS(y[h], a[h], y[h])
		}
		g.Load(up, b)
		f.Mul(y, b, y)
		g.Store(y, dst)
	})
	f.End()
}}
