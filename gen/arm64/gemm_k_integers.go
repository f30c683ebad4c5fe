package arm64

import . "github.com/querent-ai/chord/gen/a64"

// integers are no type of files: blocks of the IQ and TQ types, taken apart by a
// product while it uses them. They have sixteen scales, signed bytes, and quants
// 64 too large, as VPDPBUSD wants them.
//
// Here they become signed, which takes 64 instructions for a block of four rows,
// whatever the tokens; -64 · Σ_g scale[g]·Σx would take eight, and some eighteen
// a token. Those are fewer up to three tokens, but there the product is small
// beside the Go code that takes blocks apart: 0.313 instructions a weight with
// one token (SDOT; with eight 0.142), after 8 or more (IQ1_M). And of signed
// quants SMLAL adds up all four products of a group in int16, 4 · 64 · 127 =
// 32512, of quants up to 127 only two. |S| is at most 256 · 128 · 64 · 127 < 2**28.
var integers = kquant{
	scales: (*kgemm).scaleBytes,
	part: func(k *kgemm) {
		f, less := k.f, k.f.V()
		f.Movi(less, 64)
		for g := range 8 {
			for c, v := range k.q[:4] {
				k.dword(v, k.quants, "qs", 4*g+c)
				f.Sub(B16, v, v, less)
			}
			k.multiply(g, k.q[:4])
		}
		f.AddI(k.quants, k.quants, 1024) // a byte a quant, not half of one
	},
}
