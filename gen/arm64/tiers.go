package arm64

import (
	"maps"
	"slices"

	. "github.com/querent-ai/chord/gen/a64"
)

// The most tokens of a panel. Twelve sums, eight registers of quants and what
// some tokens need in between fill the registers; with eight sums the dotprod
// GEMM of Q4_0 has 0.119 instructions a weight, with twelve 0.111, with sixteen,
// for which temporaries are lacking, no less.
const panel, panelDot = 8, 12

// gemms returns a kernel for every format.
func gemms(write func(f *File, t format)) []Kernel {
	var all []Kernel
	for _, name := range slices.Sorted(maps.Keys(formats)) {
		all = append(all, Kernel{Name: name, Write: func(f *File) { write(f, formats[name]) }})
	}
	return all
}

// GemmNeon is the product with SMULL and SMLAL, in sums of int16.
var GemmNeon = gemms(func(f *File, t format) { gemmTokens(f, t, false) })

// GemmDotprod is the product with SDOT.
var GemmDotprod = gemms(func(f *File, t format) { gemmTokens(f, t, true) })

// gemmTokens adds the products of a format with 1 to panel tokens.
func gemmTokens(f *File, t format, dot bool) {
	gemv(f, t, dot)
	most := panel
	if dot {
		most = panelDot
	}
	for tokens := 2; tokens <= most; tokens++ {
		gemmRows(f, t, tokens, dot)
	}
}

// GemmI8mm is the product with SMMLA; with one token there is nothing to gain
// over SDOT.
var GemmI8mm = gemms(func(f *File, t format) {
	for tokens := 2; tokens <= panelDot; tokens++ {
		gemmMmla(f, t, tokens)
	}
})
