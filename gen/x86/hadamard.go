package x86

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Hadamard mixes runs of 16 and more elements.
var Hadamard = Kernel{"hadamard", func(f *File) {
	signs := f.upperSigns()
	f.Func("Hadamard", "func(x []float32, n int, s float32)",
		"Hadamard is the Hadamard transform of runs of n elements, a power of two from 16 on:",
		"",
		"\tfor i := range x { x[i] *= s }",
		"\tfor t := 1; t < n; t *= 2 {",
		"\t\tfor i := range x { if i&t == 0 { x[i], x[i+t] = x[i]+x[i+t], x[i]-x[i+t] } }",
		"\t}")
	x, groups, s := f.Base("x"), f.Len("x"), f.SplatArg("s")
	end, p := f.GP64(), f.GP64()
	f.LEAQ(Mem{Base: x, Index: groups, Scale: 4}, end)
	f.MOVQ(x, p)
	f.SHRQ(U8(4), groups)
	f.Loop("group", groups, func() {
		a := f.V()
		f.LoadV(Mem{Base: p}, a)
		f.Mul(a, s, a)
		for i, sign := range signs {
			f.butterfly(a, 1<<i, sign)
		}
		f.StoreV(a, Mem{Base: p})
		f.ADDQ(U32(64), p)
	})
	f.wideButterflies(x, end)
	f.End()
}}

// upperSigns are the signs of lanes for strides of 1, 2, 4 and 8: - in those
// that are the second of a pair.
func (f *File) upperSigns() (signs [4]Mem) {
	for i := range signs {
		var v [16]uint32
		for lane := range v {
			v[lane] = uint32(lane>>i&1) << 31
		}
		signs[i] = f.Const32(fmt.Sprintf("upper%d", 1<<i), v[:]...)
	}
	return signs
}

// butterfly is a[i], a[i+stride] = a[i]+a[i+stride], a[i]-a[i+stride] within
// sixteen lanes.
func (f *File) butterfly(a V, stride int, sign Mem) {
	if stride == 8 && !f.Wide {
		t := f.YMM()
		f.VSUBPS(a[1], a[0], t)
		f.VADDPS(a[1], a[0], a[0])
		f.VMOVAPS(t, a[1])
		return
	}
	for _, r := range a {
		t := f.like(r)
		switch {
		case stride < 4:
			f.VPERMILPS(U8(map[int]uint8{1: 0xb1, 2: 0x4e}[stride]), r, t)
		case f.Wide:
			f.VSHUFF32X4(U8(map[int]uint8{4: 0xb1, 8: 0x4e}[stride]), r, r, t)
		default:
			f.VPERM2F128(U8(1), r, r, t)
		}
		if f.Wide {
			f.VPXORD(sign, r, r)
		} else {
			f.VXORPS(sign, r, r)
		}
		f.VADDPS(r, t, r) // the other lane, plus or minus this one
	}
}

// wideButterflies are the butterflies of strides of 16 and more, until end.
func (f *File) wideButterflies(x, end reg.GPVirtual) {
	stride, bytes, lo, hi, groups := f.GP64(), f.GP64(), f.GP64(), f.GP64(), f.GP64()
	f.MOVQ(f.param("n"), bytes)
	f.SHLQ(U8(2), bytes)
	f.MOVQ(U32(64), stride)
	f.Label("stride")
	f.CMPQ(stride, bytes)
	f.JGE(LabelRef("done"))
	f.MOVQ(x, lo)
	f.Label("run")
	f.LEAQ(Mem{Base: lo, Index: stride, Scale: 1}, hi)
	f.MOVQ(stride, groups)
	f.SHRQ(U8(6), groups)
	f.Loop("pair", groups, func() {
		a, b, t := f.V(), f.V(), f.V()
		f.LoadV(Mem{Base: lo}, a)
		f.LoadV(Mem{Base: hi}, b)
		f.Add(a, b, t)
		f.Sub(a, b, a)
		f.StoreV(t, Mem{Base: lo})
		f.StoreV(a, Mem{Base: hi})
		f.ADDQ(U32(64), lo)
		f.ADDQ(U32(64), hi)
	})
	f.MOVQ(hi, lo) // the next run begins where this one ends
	f.CMPQ(lo, end)
	f.JL(LabelRef("run"))
	f.SHLQ(U8(1), stride)
	f.JMP(LabelRef("stride"))
	f.Label("done")
}
