// Package arm64 writes the kernels of the arm64 tiers with a64.
//
// One row is one lane: sixteen rows are four registers.
package arm64

import (
	"fmt"

	. "github.com/querent-ai/chord/gen/a64"
)

// A format is a block of 32 columns in layout X16, sixteen rows of each part
// together:
//
//	scales | minima [16]f16 | fifth bits [16]u32 | quants in chunks of 64 bytes
//
// Dword r of a chunk belongs to row r.
type format struct {
	name   string
	scale  int  // bytes of a scale: 2 is f16, 1 is e8m0, of doubled values
	min    bool // has minima
	fifth  bool // has fifth bits
	chunks int  // 4 of nibbles, low ones first, or 8 of bytes

	table  []int8 // the values of nibbles, if they are not their own
	offset int    // what the quants as multiplied have too much: 8, 0 or -16
}

var (
	q4_0 = format{name: "Q4_0", scale: 2, chunks: 4, offset: 8}
	q4_1 = format{name: "Q4_1", scale: 2, min: true, chunks: 4}
	q5_0 = format{name: "Q5_0", scale: 2, fifth: true, chunks: 4}
	q5_1 = format{name: "Q5_1", scale: 2, min: true, fifth: true, chunks: 4, offset: -16}
	q8_0 = format{name: "Q8_0", scale: 2, chunks: 8}

	iq4_nl = format{name: "IQ4_NL", scale: 2, chunks: 4,
		table: []int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}}
	mxfp4 = format{name: "MXFP4", scale: 1, chunks: 4,
		table: []int8{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}}
)

// formats are all, by the names of their files.
var formats = map[string]format{
	"gemm_q4_0": q4_0, "gemm_q4_1": q4_1, "gemm_q5_0": q5_0, "gemm_q5_1": q5_1,
	"gemm_q8_0": q8_0, "gemm_iq4_nl": iq4_nl, "gemm_mxfp4": mxfp4,
}

// header returns where a tile's minima, fifth bits and quants start.
func (t format) header() (minima, fifths, quants int) {
	minima = 16 * t.scale
	fifths = minima
	if t.min {
		fifths += 32
	}
	quants = fifths
	if t.fifth {
		quants += 64
	}
	return minima, fifths, quants
}

// bytes is the size of sixteen rows' block.
func (t format) bytes() int {
	_, _, quants := t.header()
	return quants + 64*t.chunks
}

// recordBytes is the size of an activation record for one token: 32 quants,
// scale, two biases.
const recordBytes = 44

// gemmArgs are the arguments of a product, in registers; stride in bytes.
type gemmArgs struct {
	dst, stride, w, acts, blocks, tiles R
}

// gemmFunc starts the function that multiplies tiles of sixteen rows with a
// panel of tokens.
func gemmFunc(f *File, t format, tokens int) gemmArgs {
	loop := "acc += float32(Σ q*x) * (dw*dx)"
	if t.min {
		loop += "; acc += float32(Σ x) * (m*dx)"
	}
	return productFunc(f, t.name, tokens, "for b < blocks { "+loop+" }")
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
