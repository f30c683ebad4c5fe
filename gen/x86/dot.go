package x86

// Dot is the sum of products. One chain of additions a lane: the order is the
// canonical one.
var Dot = Kernel{"dot", func(f *File) {
	f.Func("Dot", "func(x, y []float32) float32",
		"Dot returns the sum of products, taken in 16 lanes and a tree:",
		"",
		"\tfor i := range x { s[i%16] += x[i] * y[i] }",
		"\tfor h := 8; h > 0; h /= 2 { for l := range h { s[l] += s[l+h] } }")
	x, y, n := f.Base("x"), f.Base("y"), f.Len("x")
	acc := f.V()
	f.Zero(acc)
	f.Span(n).Each(func(g Group) {
		a, b := f.V(), f.V()
		g.Load(x, a)
		g.Load(y, b)
		f.Mul(a, b, a)
		f.Add(a, acc, acc)
	})
	f.Return(f.Tree(acc, f.VADDPS))
}}
