package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/querent-ai/chord/gen/layout"
)

// Limits are what kernels are measured against: a plain read of memory and the
// multiplier's peak.
var Limits = []Kernel{{"limits", func(f *File) {
	f.read()
	f.peak()
}}}

// read adds up a buffer in lanes, one stream, nothing else.
func (f *File) read() {
	f.Func("Read", "func(p *byte, n int) uint32",
		"Read loads all of n bytes, n a multiple of 256 above 0: a plain read of memory.",
		"What it returns depends on the bytes and means nothing.")
	p, n := f.Arg("p"), f.Arg("n")
	sums := []V{f.V(), f.V(), f.V(), f.V()}
	for _, s := range sums {
		f.Zero(s)
	}
	f.SHRQ(U8(8), n)
	f.Loop("read", n, func() {
		for i, s := range sums {
			for h, r := range s {
				m := Mem{Base: p, Disp: 64*i + 32*h}
				f.VPADDD(m, r, r)
			}
		}
		f.ADDQ(U32(256), p)
	})
	for _, s := range sums[1:] {
		for h, r := range s {
			f.VPADDD(r, sums[0][h], sums[0][h])
		}
	}
	sum := f.GP32()
	f.VMOVD(sums[0][0].AsX(), sum)
	f.Store(sum, f.ReturnIndex(0))
	f.End()
}

// peak multiplies registers, as fast as the tier's int8 instruction goes.
func (f *File) peak() {
	f.Func("Peak", "func(n int)",
		"Peak runs n rounds of 12 int8 products over registers: VPDPBUSD of 64 bytes",
		"(avx512), of 32 (avxvnni) or VPMADDUBSW of 32 (avx2), the limit of all products.")
	n := f.Arg("n")
	sums := make([]reg.VecVirtual, layout.Chains)
	for i := range sums {
		sums[i] = f.V()[0]
		f.Zero(V{sums[i]})
	}
	x := f.V()[0]
	f.Zero(V{x})
	f.Loop("peak", n, func() {
		for _, s := range sums {
			if f.Wide || f.VNNI {
				f.VPDPBUSD(x, x, s)
			} else {
				f.VPMADDUBSW(x, x, s)
			}
		}
	})
	f.End()
}
