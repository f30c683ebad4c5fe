package arm64

import . "github.com/querent-ai/chord/gen/a64"

// Hadamard mixes runs of 16 and more elements.
var Hadamard = Kernel{Name: "hadamard", Write: func(f *File) {
	f.Func("Hadamard", "x []float32, n int, s float32", "",
		"Hadamard is the Hadamard transform of runs of n elements, a power of two from 16 on:",
		"",
		"\tfor i := range x { x[i] *= s }",
		"\tfor t := 1; t < n; t *= 2 {",
		"\t\tfor i := range x { if i&t == 0 { x[i], x[i+t] = x[i]+x[i+t], x[i]-x[i+t] } }",
		"\t}")
	x, left, n, s := f.Arg("x_base"), f.Arg("x_len"), f.Arg("n"), f.SplatArg("s")
	p, end := f.R(), f.R()
	f.AddShifted(end, x, left, 2)
	f.MovR(p, x)
	f.While("group", left, 16, func() {
		f.Scope(func() {
			g := group{f, 16}
			a := g.peek(p)
			by(f.Fmul, a, a, []V{s})
			crossed(f, S4, a) // stride 1
			crossed(f, D2, a) // 2
			butterfly(f, a[0:1], a[1:2])
			butterfly(f, a[2:3], a[3:4]) // 4
			butterfly(f, a[:2], a[2:])   // 8
			g.store(a, p)
		})
	})
	wideButterflies(f, x, end, n)
	f.End()
}}

// butterfly is a, b = a+b, a-b.
func butterfly(f *File, a, b []V) {
	for i := range a {
		f.Scope(func() {
			t := f.V()
			f.Fsub(t, a[i], b[i])
			f.Fadd(a[i], a[i], b[i])
			f.Mov(b[i], t)
		})
	}
}

// crossed is butterfly of neighbouring elements, of the size of arr, of pairs of
// registers.
func crossed(f *File, arr Arr, a []V) {
	for i := 0; i < len(a); i += 2 {
		f.Scope(func() {
			even, odd := f.V(), f.V()
			f.Uzp1(arr, even, a[i], a[i+1])
			f.Uzp2(arr, odd, a[i], a[i+1])
			butterfly(f, []V{even}, []V{odd})
			f.Zip1(arr, a[i], even, odd)
			f.Zip2(arr, a[i+1], even, odd)
		})
	}
}

// wideButterflies are the butterflies of strides of 16 and more, from x to end.
func wideButterflies(f *File, x, end, n R) {
	stride, lo, hi, left := f.R(), f.R(), f.R(), f.R()
	next, run, done := f.Label("stride"), f.Label("run"), f.Label("done")
	f.Const(stride, 16)
	f.Place(next)
	f.Cmp(stride, n)
	f.Branch("BGE", done)
	f.MovR(lo, x)
	f.Place(run)
	f.AddShifted(hi, lo, stride, 2)
	f.MovR(left, stride)
	f.While("pair", left, 16, func() {
		f.Scope(func() {
			g := group{f, 16}
			a, b := g.peek(lo), g.peek(hi)
			butterfly(f, a, b)
			g.store(a, lo)
			g.store(b, hi)
		})
	})
	f.MovR(lo, hi) // the next run begins where this one ends
	f.Cmp(lo, end)
	f.Branch("BLT", run)
	f.LslI(stride, stride, 1)
	f.Branch("B", next)
	f.Place(done)
}
