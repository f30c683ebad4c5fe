package arm64

import . "github.com/querent-ai/chord/gen/a64"

// RoPE rotates neighbouring pairs.
var RoPE = Kernel{Name: "rope", Write: func(f *File) {
	f.Func("RoPE", "x []float32, cos []float32, sin []float32", "",
		"RoPE rotates neighbouring pairs:",
		"",
		"\tfor i, c := range cos {",
		"\t\ts, a, b := sin[i], x[2*i], x[2*i+1]",
		"\t\tx[2*i], x[2*i+1] = a*c - b*s, a*s + b*c",
		"\t}")
	x, cos, n, sin := f.Arg("x_base"), f.Arg("cos_base"), f.Arg("cos_len"), f.Arg("sin_base")
	f.While("four", n, 4, func() {
		f.Scope(func() {
			pair, g := f.Vs(2), group{f, 4}
			f.LdN(pair, S4, x, Stay)
			rotate(f, pair[:1], pair[1:], g.load(cos), g.load(sin))
			f.StN(pair, S4, x, Next)
		})
	})
	f.While("one", n, 1, func() {
		f.Scope(func() {
			a, b, g := f.V(), f.V(), group{f, 1}
			f.LdS(a, x.At(0))
			f.LdS(b, x.At(4))
			rotate(f, []V{a}, []V{b}, g.load(cos), g.load(sin))
			f.StS(a, x.At(0))
			f.StS(b, x.At(4))
			f.AddI(x, x, 8)
		})
	})
	f.End()
}}

// rotate is a, b = a*c - b*s, a*s + b*c; c and s are lost.
func rotate(f *File, a, b, c, s []V) {
	for i := range a {
		f.Scope(func() {
			p, q := f.V(), f.V()
			f.Fmul(p, a[i], c[i])
			f.Fmul(q, b[i], s[i])
			f.Fmul(s[i], a[i], s[i])
			f.Fmul(c[i], b[i], c[i])
			f.Fsub(a[i], p, q)
			f.Fadd(b[i], s[i], c[i])
		})
	}
}

// RoPEHalves rotates the pairs of a head's halves.
var RoPEHalves = Kernel{Name: "rope_halves", Write: func(f *File) {
	f.Func("RoPEHalves", "x []float32, cos []float32, sin []float32", "",
		"RoPEHalves rotates the pairs of two halves, n = len(cos):",
		"",
		"\tfor i, c := range cos {",
		"\t\ts, a, b := sin[i], x[i], x[n+i]",
		"\t\tx[i], x[n+i] = a*c - b*s, a*s + b*c",
		"\t}")
	lo, cos, n, sin, hi := f.Arg("x_base"), f.Arg("cos_base"), f.Arg("cos_len"), f.Arg("sin_base"), f.R()
	f.AddShifted(hi, lo, n, 2)
	each(f, n, func(g group) {
		a, b := g.peek(lo), g.peek(hi)
		rotate(f, a, b, g.load(cos), g.load(sin))
		g.store(a, lo)
		g.store(b, hi)
	})
	f.End()
}}
