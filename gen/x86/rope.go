package x86

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// RoPE rotates neighbouring pairs.
var RoPE = Kernel{"rope", func(f *File) {
	twice, minus := f.pairTables()
	f.Func("RoPE", "func(x, cos, sin []float32)",
		"RoPE rotates neighbouring pairs:",
		"",
		"\tfor i, c := range cos {",
		"\t\ts, a, b := sin[i], x[2*i], x[2*i+1]",
		"\t\tx[2*i], x[2*i+1] = a*c - b*s, a*s + b*c",
		"\t}")
	x, cos, sin, n := f.Base("x"), f.Base("cos"), f.Base("sin"), f.Len("cos")
	index, sign := f.V()[0], f.num(minus)
	f.VMOVDQU(twice, index.AsY())
	if f.Wide {
		f.VMOVDQU32(twice, index)
	}
	f.While("eight", n, 8, func() {
		a, t, c, s := f.V(), f.V(), f.twice(cos, index), f.twice(sin, index)
		f.LoadV(Mem{Base: x}, a)
		for h := range a {
			f.VXORPS(sign, s[h], s[h])        // -sin, sin
			f.VPERMILPS(U8(0xb1), a[h], t[h]) // x[2i+1], x[2i]
		}
		f.Mul(a, c, a)
		f.Mul(t, s, t)
		f.Add(t, a, a)
		f.StoreV(a, Mem{Base: x})
		f.ADDQ(U32(64), x)
		f.ADDQ(U32(32), cos)
		f.ADDQ(U32(32), sin)
	})
	f.While("pair", n, 1, func() {
		f.ropePair(x, cos, sin)
		f.ADDQ(U32(8), x)
		f.ADDQ(U32(4), cos)
		f.ADDQ(U32(4), sin)
	})
	f.End()
}}

// pairTables are 0, 0, 1, 1, 2, 2, … and the signs -, +, -, +, …
func (f *File) pairTables() (twice, minus Mem) {
	twice = f.StaticGlobal("twice")
	f.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 16 {
		f.AppendDatum(U32(uint32(i / 2)))
	}
	minus = f.StaticGlobal("minus")
	f.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 16 {
		f.AppendDatum(U32(uint32(1-i%2) << 31))
	}
	return twice, minus
}

// twice loads eight floats, each into two neighbouring lanes.
func (f *File) twice(base reg.GPVirtual, index reg.VecVirtual) V {
	v := f.V()
	if f.Wide {
		f.VMOVUPS(Mem{Base: base}, v[0].AsY())
		f.VPERMPS(v[0], index, v[0])
		return v
	}
	for h := range v {
		f.VMOVUPS(Mem{Base: base, Disp: 16 * h}, v[h].AsX())
		f.VPERMPS(v[h], index, v[h])
	}
	return v
}

// ropePair rotates one pair.
func (f *File) ropePair(x, cos, sin reg.GPVirtual) {
	a, b, c, s, p, q := f.XMM(), f.XMM(), f.XMM(), f.XMM(), f.XMM(), f.XMM()
	f.VMOVSS(Mem{Base: x}, a)
	f.VMOVSS(Mem{Base: x, Disp: 4}, b)
	f.VMOVSS(Mem{Base: cos}, c)
	f.VMOVSS(Mem{Base: sin}, s)
	f.VMULSS(a, c, p)
	f.VMULSS(b, s, q)
	f.VSUBSS(q, p, p) // a*c - b*s
	f.VMULSS(a, s, a)
	f.VMULSS(b, c, b)
	f.VADDSS(b, a, a) // a*s + b*c
	f.VMOVSS(p, Mem{Base: x})
	f.VMOVSS(a, Mem{Base: x, Disp: 4})
}
