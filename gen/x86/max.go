package x86

import "math"

var inf = float32(math.Inf(1))

// Max is the largest element.
var Max = Kernel{"max", func(f *File) {
	least := f.Float32("least", -inf)
	f.Func("Max", "func(x []float32) float32",
		"Max returns the largest element, -Inf if there is none; the sign of a zero is",
		"any zero's:",
		"",
		"\tm := -Inf",
		"\tfor _, v := range x { if v > m { m = v } }")
	x, acc := f.Base("x"), f.V()
	f.LoadV(least, acc)
	f.Span(f.Len("x")).Each(func(g Group) {
		a := f.V()
		g.Load(x, a)
		for h := range a {
			f.VMAXPS(acc[h], a[h], a[h]) // a > acc ? a : acc, which a NaN is not
		}
		g.Keep(a, acc)
	})
	f.Return(f.Tree(acc, f.VMAXPS))
}}
