package arm64

import (
	"math"

	. "github.com/querent-ai/chord/gen/a64"
)

// Exp are the kernels that contain simd.Exp: its operations in its order.
var Exp = Kernel{Name: "exp", Write: func(f *File) {
	f.Func("ExpSum", "x []float32, m float32", "float32",
		"ExpSum takes exponentials and returns their sum, in 16 lanes and a tree as Dot's:",
		"",
		"\tfor i := range x { x[i] = simd.Exp(x[i] - m); s[i%16] += x[i] }")
	x, n, m, e := f.Arg("x_base"), f.Arg("x_len"), f.SplatArg("m"), newExp(f)
	f.RetF32(e.sum(x, n, m))
	f.End()
	siluMul(f)
}}

// exponential holds the constants of simd.Exp.
type exponential struct {
	f                         *File
	factors                   V // log2e, ln2Hi, ln2Lo, c0
	magic, one, lo, hi, above V
	zero                      V
	c                         []V // c1 to c5
}

func newExp(f *File) *exponential {
	bits := func(v ...float32) (b []uint32) {
		for _, x := range v {
			b = append(b, math.Float32bits(x))
		}
		return b
	}
	e := &exponential{f: f,
		factors: f.Splat("factors", bits(1.44269504088896341, 0.693359375, -2.12194440e-4, 1.9875691500e-4)...),
		magic:   f.SplatF("magic", 12582912), one: f.SplatF("one", 1),
		lo: f.SplatF("lo", -87), hi: f.SplatF("hi", 88), above: f.SplatF("inf", inf), zero: f.V()}
	f.Movi(e.zero, 0)
	for i, c := range []float32{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1} {
		e.c = append(e.c, f.SplatF("c"+string(rune('1'+i)), c))
	}
	return e
}

// of is x = simd.Exp(x), two registers at a time.
func (e *exponential) of(x []V) {
	for ; len(x) > 2; x = x[2:] {
		e.two(x[:2])
	}
	e.two(x)
}

// two is of for one or two registers.
func (e *exponential) two(x []V) {
	f := e.f
	f.Scope(func() {
		n, r, p, y := f.Vs(len(x)), f.Vs(len(x)), f.Vs(len(x)), f.Vs(len(x))
		times := func(d, a []V, i int) {
			by(func(d, a, c V) { f.FmulLane(d, a, c, i) }, d, a, []V{e.factors})
		}
		times(n, x, 0)
		by(f.Fadd, n, n, []V{e.magic})
		by(f.Fsub, n, n, []V{e.magic}) // n = x*log2e, rounded to an integer
		times(r, n, 1)
		by(f.Fsub, r, x, r)
		times(p, n, 2)
		by(f.Fsub, r, r, p) // r = x - n*ln2Hi - n*ln2Lo
		times(p, r, 3)
		for _, c := range e.c[:4] {
			by(f.Fadd, p, p, []V{c})
			by(f.Fmul, p, p, r) // p = (p + c) * r
		}
		by(f.Fadd, p, p, e.c[4:])
		by(f.Fmul, y, r, r)
		by(f.Fmul, y, y, p)
		by(f.Fadd, y, y, r)
		by(f.Fadd, y, y, []V{e.one}) // y = r*r*p + r + 1
		e.limits(x, n, y, r, p)
	})
}

// limits is x = y * 2**n, then 0 below the range of x and Inf above. NaN stays,
// and what is computed outside the range does not matter.
func (e *exponential) limits(x, n, y, below, above []V) {
	f := e.f
	for i := range x {
		f.One("fcvtzs", S4, n[i], n[i])
		f.Shl(S4, n[i], n[i], 23)
		f.Same("fcmgt", S4, below[i], e.lo, x[i])
		f.Same("fcmgt", S4, above[i], x[i], e.hi)
		f.Add(S4, x[i], y[i], n[i])
		f.Bit(x[i], e.zero, below[i])
		f.Bit(x[i], e.above, above[i])
	}
}

// sum sets n elements to exp(x - m) and returns their sum in lane 0. x and n
// are changed.
func (e *exponential) sum(x, n R, m V) V {
	f := e.f
	acc := zeros(f, 4)
	f.While("sixteen", n, 16, func() {
		f.Scope(func() {
			a := group{f, 16}.peek(x)
			by(f.Fsub, a, a, []V{m})
			e.of(a)
			f.St1(a, x, Next)
			by(f.Fadd, acc, acc, a)
		})
	})
	rest(f, n, acc, func() {
		a, p := f.V(), part{f, x, n}
		p.load(a, e.zero)
		f.Fsub(a, a, m)
		e.of([]V{a})
		p.store(a)
		p.load(a, e.zero) // which is 0 beyond the rest
		f.Fadd(acc[0], acc[0], a)
		f.AddI(x, x, 16)
	})
	return tree(f, acc, f.Fadd)
}

func siluMul(f *File) {
	f.Func("SiLUMul", "dst []float32, gate []float32, up []float32", "",
		"SiLUMul is the gate of a feed-forward layer:",
		"",
		"\tfor i, g := range gate { dst[i] = g / (1 + simd.Exp(-g)) * up[i] }")
	e := newExp(f)
	e.gated(func(a, b []V) {
		for i := range a {
			f.One("fneg", S4, b[i], a[i])
		}
	})
	f.End()
}

// gated is dst[i] = gate[i] / (1 + Exp(b)) * up[i], with b made of gate[i] = a.
func (e *exponential) gated(exponent func(a, b []V)) {
	f := e.f
	dst, n, gate, up := f.Arg("dst_base"), f.Arg("dst_len"), f.Arg("gate_base"), f.Arg("up_base")
	each(f, n, func(g group) {
		a, b := g.load(gate), g.regs()
		exponent(a, b)
		e.of(b)
		by(f.Fadd, b, b, []V{e.one})
		by(f.Fdiv, b, a, b)
		f.Free(a...)
		by(f.Fmul, b, b, g.load(up))
		g.store(b, dst)
	})
}

// GELU is the gate of a feed-forward layer with GELU.
var GELU = Kernel{Name: "gelu", Write: func(f *File) {
	f.Func("GELUMul", "dst []float32, gate []float32, up []float32", "",
		"GELUMul is the gate of a feed-forward layer with GELU's tanh approximation:",
		"",
		"\tfor i, g := range gate {",
		"\t\tu := (g*g*0.07135481627159896 + 1.5957691216057308) * g",
		"\t\tdst[i] = g / (1 + simd.Exp(-u)) * up[i]",
		"\t}")
	e := newExp(f)
	cubic, linear := f.SplatF("cubic", 0.07135481627159896), f.SplatF("linear", 1.5957691216057308)
	e.gated(func(a, b []V) {
		by(f.Fmul, b, a, a)
		by(f.Fmul, b, b, []V{cubic})
		by(f.Fadd, b, b, []V{linear})
		by(f.Fmul, b, b, a)
		for i := range b {
			f.One("fneg", S4, b[i], b[i])
		}
	})
	f.End()
}}
