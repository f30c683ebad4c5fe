// Package arm64 writes the kernels of the arm64 tiers with a64.
//
// One row is one lane: sixteen rows are four registers.
package arm64

import (
	"fmt"

	. "github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/layout"
)

// A format is a type in blocks of 32 columns, or of a few times 32, and how the
// tiers multiply it.
type format struct {
	layout.Type
	offset int // what the quants as multiplied have too much: 8, 0 or -16; with Bits 8, as the record's bias is Σx itself
}

// formats are the types in blocks of 32. Values and bytes are multiplied as they
// are, nibbles as unsigned numbers, but nibbles with a fifth bit less 16.
func formats() []format {
	var all []format
	for _, t := range layout.Small() {
		f := format{Type: t}
		if t.Values == nil && t.Chunks() == 4 {
			f.offset = t.Excess()
		}
		if t.Bits > 0 {
			f.offset = 8
		}
		if t.FifthBits() {
			f.offset -= 16
		}
		all = append(all, f)
	}
	return all
}

// gemmArgs are the arguments of a product, in registers; stride in bytes.
type gemmArgs struct {
	dst, stride, w, acts, blocks, tiles R
}

// gemmFunc starts the function that multiplies tiles of sixteen rows with a
// panel of tokens.
func gemmFunc(f *File, t format, tokens int) gemmArgs {
	loop := "acc += float32(Σ q*x) * (dw*dx)"
	if t.Minima() {
		loop += "; acc += float32(Σ x) * (m*dx)"
	}
	switch {
	case t.Halves():
		loop = fmt.Sprintf("for every 16 of %d columns { %s }", t.Columns, loop)
	case t.Parts() > 1:
		loop = fmt.Sprintf("for every 32 of %d columns { %s }", t.Columns, loop)
	}
	return productFunc(f, t.Name, tokens, "for b < blocks { "+loop+" }")
}

// productFunc is gemmFunc of any type; loop is what a row does, in Go.
func productFunc(f *File, name string, tokens int, loop string) gemmArgs {
	f.Func(fmt.Sprintf("Gemm%sx%d", name, tokens),
		"dst *float32, stride int, w *byte, acts *byte, blocks int, tiles int", "",
		fmt.Sprintf("Gemm%sx%d multiplies tiles of 16 interleaved rows with a panel of %d tokens:", name, tokens, tokens),
		"",
		"\tfor tile, token t, row r {",
		"\t\tacc = 0",
		"\t\t"+loop,
		"\t\tdst[t*stride+16*tile+r] = acc",
		"\t}")
	a := gemmArgs{f.Arg("dst"), f.Arg("stride"), f.Arg("w"), f.Arg("acts"), f.Arg("blocks"), f.Arg("tiles")}
	f.LslI(a.stride, a.stride, 2)
	return a
}
