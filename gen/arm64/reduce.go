package arm64

import (
	"math"

	. "github.com/querent-ai/chord/gen/a64"
)

var inf = float32(math.Inf(1))

// Dot is the sum of products. One chain of additions a lane: the order is the
// canonical one.
var Dot = Kernel{Name: "dot", Write: func(f *File) {
	f.Func("Dot", "x []float32, y []float32", "float32",
		"Dot returns the sum of products, taken in 16 lanes and a tree:",
		"",
		"\tfor i := range x { s[i%16] += x[i] * y[i] }",
		"\tfor h := 8; h > 0; h /= 2 { for l := range h { s[l] += s[l+h] } }")
	x, n, y, acc, zero := f.Arg("x_base"), f.Arg("x_len"), f.Arg("y_base"), zeros(f, 4), f.V()
	f.Movi(zero, 0)
	f.While("sixteen", n, 16, func() {
		f.Scope(func() {
			a, b := f.Vs(4), f.Vs(4)
			f.Ld1(a, x, Next)
			f.Ld1(b, y, Next)
			by(f.Fmul, a, a, b)
			by(f.Fadd, acc, acc, a)
		})
	})
	rest(f, n, acc, func() {
		a, b := f.V(), f.V()
		part{f, x, n}.load(a, zero)
		part{f, y, n}.load(b, zero)
		f.Fmul(a, a, b)
		f.Fadd(acc[0], acc[0], a)
		f.AddI(x, x, 16)
		f.AddI(y, y, 16)
	})
	f.RetF32(tree(f, acc, f.Fadd))
	f.End()
}}

// zeros returns registers of zeros.
func zeros(f *File, n int) []V {
	v := f.Vs(n)
	for _, r := range v {
		f.Movi(r, 0)
	}
	return v
}

// Max is the largest element.
var Max = Kernel{Name: "max", Write: func(f *File) {
	f.Func("Max", "x []float32", "float32",
		"Max returns the largest element, -Inf if there is none; the sign of a zero is",
		"any zero's:",
		"",
		"\tm := -Inf",
		"\tfor _, v := range x { if v > m { m = v } }")
	f.RetF32(largest(f, f.Arg("x_base"), f.Arg("x_len"), f.SplatF("least", -inf)))
	f.End()
}}

// largest returns the largest of n elements in lane 0; least is -Inf. x and n
// are changed.
func largest(f *File, x, n R, least V) V {
	top, more := f.Vs(4), f.V()
	for _, v := range top {
		f.Mov(v, least)
	}
	raise := func(d, _, v V) { // if v > d { d = v }, which a NaN is not
		f.Same("fcmgt", S4, more, v, d)
		f.Bit(d, v, more)
	}
	f.While("sixteen", n, 16, func() {
		f.Scope(func() {
			a := f.Vs(4)
			f.Ld1(a, x, Next)
			by(raise, top, top, a)
		})
	})
	rest(f, n, top, func() {
		a := f.V()
		part{f, x, n}.load(a, least)
		raise(top[0], top[0], a)
		f.AddI(x, x, 16)
	})
	return tree(f, top, raise)
}
