package arm64

import . "github.com/querent-ai/chord/gen/a64"

// Above finds the elements that top-k has to look at.
var Above = Kernel{Name: "above", Write: func(f *File) {
	f.Func("Above", "x []float32, t float32", "int",
		"Above returns the index of the first element above t, len(x) if there is none:",
		"",
		"\tfor i, v := range x { if v > t { return i } }",
		"\treturn len(x)")
	x, n, t, base, found := f.Arg("x_base"), f.Arg("x_len"), f.SplatArg("t"), f.R(), f.R()
	near, here := f.Label("near"), f.Label("here")
	f.MovR(base, x)
	above := func(a []V) { // sets found unless no lane is
		for _, v := range a {
			f.Same("fcmgt", S4, v, v, t)
		}
		for n := len(a); n > 1; n /= 2 {
			by(f.Orr, a[:n/2], a[:n/2], a[n/2:n])
		}
		if len(a) > 1 {
			f.Across("umaxv", S4, a[0], a[0])
		}
		f.Umov(S4, found, a[0], 0)
	}
	f.While("sixteen", n, 16, func() {
		f.Scope(func() {
			above(group{f, 16}.peek(x))
			f.Cbnz(found, near)
			f.AddI(x, x, 64)
		})
	})
	f.Place(near) // one by one
	f.While("one", n, 1, func() {
		f.Scope(func() {
			above(group{f, 1}.peek(x))
			f.Cbnz(found, here)
			f.AddI(x, x, 4)
		})
	})
	f.Place(here)
	f.SubR(x, x, base)
	f.LsrI(x, x, 2)
	f.Ret64(x)
	f.End()
}}
