package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A V is sixteen lanes of 32 bits: one ZMM register or two YMM.
type V []reg.VecVirtual

// V returns fresh registers for sixteen lanes.
func (f *File) V() V {
	if f.Wide {
		return V{f.ZMM()}
	}
	return V{f.YMM(), f.YMM()}
}

// half returns the address of part i of sixteen lanes in memory.
func (f *File) half(m Mem, i int) Mem { return m.Offset(32 * i) }

// Zero clears v.
func (f *File) Zero(v V) {
	for _, r := range v {
		if f.Wide {
			f.VPXORD(r, r, r)
		} else {
			f.VXORPS(r, r, r)
		}
	}
}

// LoadV loads sixteen lanes from memory.
func (f *File) LoadV(m Mem, v V) {
	for i, r := range v {
		f.VMOVUPS(f.half(m, i), r)
	}
}

// StoreV stores sixteen lanes to memory.
func (f *File) StoreV(v V, m Mem) {
	for i, r := range v {
		f.VMOVUPS(r, f.half(m, i))
	}
}

// Splat loads one dword into all lanes.
func (f *File) Splat(m Mem, v V) {
	for _, r := range v {
		f.VBROADCASTSS(m, r)
	}
}

// Mul is dst = a * b.
func (f *File) Mul(a, b, dst V) {
	for i := range dst {
		f.VMULPS(a[i], b[i], dst[i])
	}
}

// Add is dst = a + b.
func (f *File) Add(a, b, dst V) {
	for i := range dst {
		f.VADDPS(a[i], b[i], dst[i])
	}
}

// Sub is dst = a - b.
func (f *File) Sub(a, b, dst V) {
	for i := range dst {
		f.VSUBPS(b[i], a[i], dst[i])
	}
}

// F16 loads sixteen f16 as float32.
func (f *File) F16(m Mem, v V) {
	for i, r := range v {
		f.VCVTPH2PS(m.Offset(16*i), r)
	}
}
