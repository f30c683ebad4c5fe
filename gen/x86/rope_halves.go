package x86

import . "github.com/mmcloughlin/avo/operand"

// RoPEHalves rotates the pairs of a head's halves.
var RoPEHalves = Kernel{"rope_halves", func(f *File) {
	f.Func("RoPEHalves", "func(x, cos, sin []float32)",
		"RoPEHalves rotates the pairs of two halves, n = len(cos):",
		"",
		"\tfor i, c := range cos {",
		"\t\ts, a, b := sin[i], x[i], x[n+i]",
		"\t\tx[i], x[n+i] = a*c - b*s, a*s + b*c",
		"\t}")
	lo, hi, cos, sin, n := f.Base("x"), f.GP64(), f.Base("cos"), f.Base("sin"), f.Len("cos")
	f.LEAQ(Mem{Base: lo, Index: n, Scale: 4}, hi)
	f.Span(n).Each(func(g Group) {
		a, b, c, s, p, q := f.V(), f.V(), f.V(), f.V(), f.V(), f.V()
		g.Load(lo, a)
		g.Load(hi, b)
		g.Load(cos, c)
		g.Load(sin, s)
		f.Mul(a, c, p)
		f.Mul(b, s, q)
		f.Sub(p, q, p) // a*c - b*s
		f.Mul(a, s, a)
		f.Mul(b, c, b)
		f.Add(b, a, a) // a*s + b*c
		g.Store(p, lo)
		g.Store(a, hi)
	})
	f.End()
}}
