package arm64

import (
	"maps"
	"slices"

	. "github.com/querent-ai/chord/gen/a64"
)

// panel is the most tokens of a panel: eight sums, eight registers of quants
// and the temporaries of four tokens fill the registers.
const panel = 8

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
	for tokens := 2; tokens <= panel; tokens++ {
		gemmRows(f, t, tokens, dot)
	}
}

// GemmI8mm is the product with SMMLA; with one token there is nothing to gain
// over SDOT.
var GemmI8mm = gemms(func(f *File, t format) {
	for tokens := 2; tokens <= panel; tokens++ {
		gemmMmla(f, t, tokens)
	}
})
