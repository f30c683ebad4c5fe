package x86

import (
	"math"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Exp are the kernels that contain simd.Exp: its operations in its order.
var Exp = Kernel{"exp", func(f *File) {
	e := f.expConsts()
	f.expSum(e)
	f.siluMul(e)
}}

// expNums are the constants of simd.Exp.
type expNums struct {
	lo, hi, inf, log2e, magic, ln2Hi, ln2Lo, one Mem
	c                                            [6]Mem
}

func (f *File) expConsts() expNums {
	e := expNums{
		lo: f.Float32("lo", -87), hi: f.Float32("hi", 88), inf: f.Float32("inf", float32(math.Inf(1))),
		log2e: f.Float32("log2e", 1.44269504088896341), magic: f.Float32("magic", 12582912),
		ln2Hi: f.Float32("ln2hi", 0.693359375), ln2Lo: f.Float32("ln2lo", -2.12194440e-4),
		one: f.Float32("one", 1),
	}
	for i, c := range []float32{1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3,
		4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1} {
		e.c[i] = f.Float32("c"+string(rune('0'+i)), c)
	}
	return e
}

// exp returns the code of y = simd.Exp(x) for the function begun, whose
// constants it loads.
func (f *File) exp(e expNums) func(x V) V {
	log2e, magic, ln2Hi, ln2Lo := f.num(e.log2e), f.num(e.magic), f.num(e.ln2Hi), f.num(e.ln2Lo)
	one, c := f.num(e.one), [6]Op{}
	for i := range c {
		c[i] = f.num(e.c[i])
	}
	limit := f.expLimits(e)
	return func(x V) V {
		n, r, p, y := f.V(), f.V(), f.V(), f.V()
		for h := range x {
			f.VMULPS(log2e, x[h], n[h])
			f.VADDPS(magic, n[h], n[h])
			f.VSUBPS(magic, n[h], n[h]) // n = x*log2e, rounded to an integer
			f.VMULPS(ln2Hi, n[h], r[h])
			f.VSUBPS(r[h], x[h], r[h])
			f.VMULPS(ln2Lo, n[h], p[h])
			f.VSUBPS(p[h], r[h], r[h]) // r = x - n*ln2Hi - n*ln2Lo
			f.VMULPS(c[0], r[h], p[h])
			for _, k := range c[1:5] {
				f.VADDPS(k, p[h], p[h])
				f.VMULPS(r[h], p[h], p[h]) // p = (p + k) * r
			}
			f.VADDPS(c[5], p[h], p[h])
			f.VMULPS(r[h], r[h], y[h])
			f.VMULPS(p[h], y[h], y[h])
			f.VADDPS(r[h], y[h], y[h])
			f.VADDPS(one, y[h], y[h]) // y = r*r*p + r + 1
		}
		limit(x, n, y)
		return y
	}
}

// expLimits returns the code of y *= 2**n, then 0 below the range of x and Inf
// above. NaN stays, and what is computed outside the range does not matter.
func (f *File) expLimits(e expNums) func(x, n, y V) {
	const less, greater, notLess = U8(0x11), U8(0x1e), U8(0x15)
	lo, hi, inf := f.num(e.lo), f.num(e.hi), f.num(e.inf)
	return func(x, n, y V) {
		if f.Wide {
			in, over := f.K(), f.K()
			f.VCMPPS(notLess, lo, x[0], in)
			f.VCMPPS(greater, hi, x[0], over)
			f.VSCALEFPS_Z(n[0], y[0], in, y[0])
			f.VMOVAPS(inf, over, y[0])
			return
		}
		for h := range x {
			f.VCVTPS2DQ(n[h], n[h])
			f.VPSLLD(U8(23), n[h], n[h])
			f.VPADDD(n[h], y[h], y[h])
			f.VCMPPS(less, lo, x[h], n[h])
			f.VANDNPS(y[h], n[h], y[h])
			f.VCMPPS(greater, hi, x[h], n[h])
			f.VBLENDVPS(n[h], inf, y[h], y[h])
		}
	}
}

func (f *File) expSum(e expNums) {
	f.Func("ExpSum", "func(x []float32, m float32) float32",
		"ExpSum takes exponentials and returns their sum, in 16 lanes and a tree as Dot's:",
		"",
		"\tfor i := range x { x[i] = simd.Exp(x[i] - m); s[i%16] += x[i] }")
	x, m, acc := f.Base("x"), f.SplatArg("m"), f.V()
	f.Zero(acc)
	f.expSpan(x, f.Span(f.Len("x")), m, acc, f.exp(e))
	f.Return(f.Tree(acc, f.VADDPS))
}

// expSpan sets x[i] = exp(x[i] - m) and adds it to acc[i%16].
func (f *File) expSpan(x reg.GPVirtual, s *Span, m, acc V, exp func(V) V) {
	s.Each(func(g Group) {
		a := f.V()
		g.Load(x, a)
		f.Sub(a, m, a)
		y := exp(a)
		g.Store(y, x)
		if g.rest != nil {
			z := f.V()
			f.Zero(z)
			g.Keep(y, z)
			y = z
		}
		f.Add(y, acc, acc)
	})
}

func (f *File) siluMul(e expNums) {
	sign := f.Const32("sign", 1<<31)
	f.Func("SiLUMul", "func(dst, gate, up []float32)",
		"SiLUMul is the gate of a feed-forward layer:",
		"",
		"\tfor i, g := range gate { dst[i] = g / (1 + simd.Exp(-g)) * up[i] }")
	dst, gate, up := f.Base("dst"), f.Base("gate"), f.Base("up")
	exp := f.exp(e)
	minus, one := f.num(sign), f.num(e.one)
	f.Span(f.Len("dst")).Each(func(g Group) {
		a, b := f.V(), f.V()
		g.Load(gate, a)
		for h := range a {
			f.VXORPS(minus, a[h], b[h])
		}
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
}
