package arm64

import (
	. "github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/layout"
)

// Limits are what kernels are measured against: a plain read of memory and the
// multiplier's peak, with mul, the tier's best product.
func Limits(mul func(f *File, s, x V)) []Kernel {
	return []Kernel{{Name: "limits", Write: func(f *File) {
		read(f)
		peak(f, mul)
	}}}
}

// The tiers' products of bytes: 8, 16 and 32 an instruction.
var (
	Smlal = func(f *File, s, x V) { f.Long("smlal", B8, s, x, x) }
	Sdot  = func(f *File, s, x V) { f.Dot("sdot", s, x, x) }
	Smmla = func(f *File, s, x V) { f.Mmla("smmla", s, x, x) }
)

// read adds up a buffer in lanes, one stream, nothing else.
func read(f *File) {
	f.Func("Read", "p *byte, n int", "uint32",
		"Read loads all of n bytes, n a multiple of 256 above 0: a plain read of memory.",
		"What it returns depends on the bytes and means nothing.")
	p, n := f.Arg("p"), f.Arg("n")
	sums, x := f.Vs(4), f.Vs(16)
	for _, s := range sums {
		f.Movi(s, 0)
	}
	f.LsrI(n, n, 8)
	f.Loop("read", n, func() {
		for i := 0; i < 16; i += 4 {
			f.Ld1(x[i:i+4], p, Next)
		}
		for i, v := range x {
			f.Add(S4, sums[i%4], sums[i%4], v)
		}
	})
	for _, s := range sums[1:] {
		f.Add(S4, sums[0], sums[0], s)
	}
	f.Umov(S4, n, sums[0], 0)
	f.Ret32(n)
	f.End()
}

// peak multiplies registers, as fast as the tier's int8 instruction goes.
func peak(f *File, mul func(f *File, s, x V)) {
	f.Func("Peak", "n int", "",
		"Peak runs n rounds of 12 int8 products over registers: SMLAL of 8 bytes (neon),",
		"SDOT of 16 (dotprod) or SMMLA of 32 (i8mm), the limit of all products.")
	n, x := f.Arg("n"), f.V()
	sums := f.Vs(layout.Chains)
	for _, v := range append(sums, x) {
		f.Movi(v, 0)
	}
	f.Loop("peak", n, func() {
		for _, s := range sums {
			mul(f, s, x)
		}
	})
	f.End()
}
