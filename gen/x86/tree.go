package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An op is a vector instruction of three operands.
type op func(ops ...Op)

// eight folds lanes l and l+8 of v.
func (f *File) eight(v V, fold op) reg.VecVirtual {
	y := f.YMM()
	if f.Wide {
		f.VEXTRACTF64X4(U8(1), v[0], y)
		fold(y, v[0].AsY(), y)
	} else {
		fold(v[1], v[0], y)
	}
	return y
}

// Tree folds the lanes of v: l and l+8, then l and l+4, l+2, l+1. The result
// is in lane 0.
func (f *File) Tree(v V, fold op) reg.VecVirtual {
	y := f.eight(v, fold)
	x, t := f.XMM(), f.XMM()
	f.VEXTRACTF128(U8(1), y, x)
	fold(x, y.AsX(), x)
	f.VMOVHLPS(x, x, t)
	fold(t, x, x)
	f.VMOVSHDUP(x, t)
	fold(t, x, x)
	return x
}

// Tree4 is the sums that Tree makes of four V, side by side in one XMM.
func (f *File) Tree4(v [4]V) reg.VecVirtual {
	var y [4]reg.VecVirtual
	for i := range y {
		y[i] = f.eight(v[i], f.VADDPS)
	}
	f.four(y[0], y[2]) // y[0] = four lanes of v[0] | of v[2]
	f.four(y[1], y[3])
	t, x := f.YMM(), f.XMM()
	f.VUNPCKHPS(y[1], y[0], t)
	f.VUNPCKLPS(y[1], y[0], y[0])
	f.VADDPS(t, y[0], y[0]) // lanes 0+2 of v[0], v[1], then 1+3 | the same of v[2], v[3]
	f.VPERMILPD(U8(5), y[0], t)
	f.VADDPS(t, y[0], y[0])
	f.VEXTRACTF128(U8(1), y[0], x)
	f.VMOVLHPS(x, y[0].AsX(), x)
	return x
}

// four adds lanes l and l+4 of a and of b: a = sums of a | sums of b.
func (f *File) four(a, b reg.VecVirtual) {
	t := f.YMM()
	f.VPERM2F128(U8(0x31), b, a, t)
	f.VPERM2F128(U8(0x20), b, a, a)
	f.VADDPS(t, a, a)
}

// Return stores lane 0 as the result of a function and returns.
func (f *File) Return(x reg.VecVirtual) {
	r, err := f.ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	f.VMOVSS(x, r.Addr)
	f.End()
}

// SplatArg loads a float32 argument into all lanes.
func (f *File) SplatArg(name string) V {
	a, err := f.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := f.V()
	f.Splat(a.Addr, v)
	return v
}
