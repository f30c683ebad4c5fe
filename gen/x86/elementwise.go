package x86

// Elementwise are the loops without sums.
var Elementwise = Kernel{"elementwise", func(f *File) {
	f.add()
	f.scale()
	f.scaleMul()
	f.mulAdd()
	f.axpy()
	f.toF16()
	f.fromF16()
}}

func (f *File) add() {
	f.Func("Add", "func(dst, x []float32)",
		"Add is a sum:", "", "\tfor i := range dst { dst[i] += x[i] }")
	dst, x := f.Base("dst"), f.Base("x")
	f.Span(f.Len("dst")).Each(func(g Group) {
		a, b := f.V(), f.V()
		g.Load(dst, a)
		g.Load(x, b)
		f.Add(a, b, a)
		g.Store(a, dst)
	})
	f.End()
}

func (f *File) scale() {
	f.Func("Scale", "func(x []float32, s float32)",
		"Scale is a product:", "", "\tfor i := range x { x[i] *= s }")
	x, s := f.Base("x"), f.SplatArg("s")
	f.Span(f.Len("x")).Each(func(g Group) {
		a := f.V()
		g.Load(x, a)
		f.Mul(a, s, a)
		g.Store(a, x)
	})
	f.End()
}

func (f *File) scaleMul() {
	f.Func("ScaleMul", "func(dst, x, w []float32, s float32)",
		"ScaleMul is two products:", "", "\tfor i := range dst { dst[i] = x[i] * s * w[i] }")
	dst, x, w, s := f.Base("dst"), f.Base("x"), f.Base("w"), f.SplatArg("s")
	f.Span(f.Len("dst")).Each(func(g Group) {
		a, b := f.V(), f.V()
		g.Load(x, a)
		g.Load(w, b)
		f.Mul(a, s, a)
		f.Mul(a, b, a)
		g.Store(a, dst)
	})
	f.End()
}

func (f *File) mulAdd() {
	f.Func("MulAdd", "func(dst, x, w []float32)",
		"MulAdd is a sum with a product:", "", "\tfor i := range dst { dst[i] += float32(x[i] * w[i]) }")
	dst, x, w := f.Base("dst"), f.Base("x"), f.Base("w")
	f.Span(f.Len("dst")).Each(func(g Group) {
		a, b, c := f.V(), f.V(), f.V()
		g.Load(x, a)
		g.Load(w, b)
		f.Mul(a, b, a)
		g.Load(dst, c)
		f.Add(c, a, c)
		g.Store(c, dst)
	})
	f.End()
}

func (f *File) axpy() {
	f.Func("Axpy", "func(dst, x []float32, a float32)",
		"Axpy is a sum with a product:", "", "\tfor i := range dst { dst[i] += float32(a * x[i]) }")
	dst, x, a := f.Base("dst"), f.Base("x"), f.SplatArg("a")
	f.Span(f.Len("dst")).Each(func(g Group) {
		b, c := f.V(), f.V()
		g.Load(x, b)
		f.Mul(b, a, b)
		g.Load(dst, c)
		f.Add(c, b, c)
		g.Store(c, dst)
	})
	f.End()
}

func (f *File) toF16() {
	f.Func("ToF16", "func(dst []uint16, src []float32)",
		"ToF16 rounds to f16, ties to even:", "", "\tfor i, v := range src { dst[i] = quant.F32ToF16(v) }")
	dst, src := f.Base("dst"), f.Base("src")
	f.Span(f.Len("src")).Each(func(g Group) {
		a := f.V()
		g.Load(src, a)
		g.StoreF16(a, dst)
	})
	f.End()
}

func (f *File) fromF16() {
	f.Func("FromF16", "func(dst []float32, src []uint16)",
		"FromF16 is the values of f16:", "", "\tfor i, h := range src { dst[i] = quant.F16ToF32(h) }")
	dst, src := f.Base("dst"), f.Base("src")
	f.Span(f.Len("src")).Each(func(g Group) {
		a := f.V()
		g.LoadF16(src, a)
		g.Store(a, dst)
	})
	f.End()
}
