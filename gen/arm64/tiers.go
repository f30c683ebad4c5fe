package arm64

import (
	"strings"

	. "github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/layout"
)

// gemms returns a kernel for every format that the tier has products of its own for.
func gemms(tier layout.Tier, write func(f *File, t format)) []Kernel {
	var all []Kernel
	for _, t := range formats() {
		if t.Halves() && tier.NoHalves {
			continue
		}
		all = append(all, Kernel{Name: "gemm_" + strings.ToLower(t.Name), Write: func(f *File) { write(f, t) }})
	}
	return all
}

// GemmNeon is the product with SMULL and SMLAL, in sums of int16.
var GemmNeon = gemms(layout.Neon, func(f *File, t format) { gemmTokens(f, t, layout.Neon.Panel32, false) })

// GemmDotprod is the product with SDOT.
var GemmDotprod = gemms(layout.Dotprod, func(f *File, t format) { gemmTokens(f, t, layout.Dotprod.Panel32, true) })

// gemmTokens adds the products of a format with 1 to panel tokens.
func gemmTokens(f *File, t format, panel int, dot bool) {
	gemv(f, t, dot)
	for tokens := 2; tokens <= panel; tokens++ {
		gemmRows(f, t, tokens, dot)
	}
}

// GemmI8mm is the product with SMMLA.
var GemmI8mm = gemms(layout.I8mm, func(f *File, t format) {
	for tokens := layout.I8mm.Least32; tokens <= layout.I8mm.Panel32; tokens++ {
		gemmMmla(f, t, tokens)
	}
})
