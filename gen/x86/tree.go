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
	if f.Wide {
		f.VEXTRACTF32X4(U8(1), y, x) // which reaches all registers
	} else {
		f.VEXTRACTF128(U8(1), y, x)
	}
	fold(x, y.AsX(), x)
	f.VMOVHLPS(x, x, t)
	fold(t, x, x)
	f.VMOVSHDUP(x, t)
	fold(t, x, x)
	return x
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
