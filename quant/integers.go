package quant

import "fmt"

// HasIntegers reports whether [Integers] takes t: the types whose elements are
// points of grids.
func HasIntegers(t Type) bool {
	switch t {
	case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S:
		return true
	}
	return false
}

// Integers takes a block of 256 elements apart: element i is
//
//	d · scales[i/16] · q[i]
//
// exactly, with scales from 1 to 31 and q from -62 to 62, never 0; d has no more
// than the eleven bits of its f16.
//
// It panics if [HasIntegers] is false for t or block is shorter than a block.
func Integers(t Type, block []byte, q *[256]int8, scales *[16]int32) (d float32) {
	switch t {
	case IQ1_S:
		return Blocks[BlockIQ1_S](block)[0].integers(q, scales)
	case IQ1_M:
		return Blocks[BlockIQ1_M](block)[0].integers(q, scales)
	case IQ2_XXS:
		return Blocks[BlockIQ2_XXS](block)[0].integers(q, scales)
	case IQ2_XS:
		return Blocks[BlockIQ2_XS](block)[0].integers(q, scales)
	case IQ2_S:
		return Blocks[BlockIQ2_S](block)[0].integers(q, scales)
	case IQ3_XXS:
		return Blocks[BlockIQ3_XXS](block)[0].integers(q, scales)
	case IQ3_S:
		return Blocks[BlockIQ3_S](block)[0].integers(q, scales)
	}
	panic(fmt.Sprintf("quant: Integers: cannot take %s", t))
}

// dequantizeIntegers is [Dequantize] of the types that [Integers] takes.
// 11+5+6 bits are exact in float32, in whichever order they are multiplied.
func dequantizeIntegers(dst []float32, t Type, src []byte) {
	var q [256]int8
	var scales [16]int32
	for size := t.BlockBytes(); len(src) > 0; src, dst = src[size:], dst[256:] {
		d := Integers(t, src, &q, &scales)
		for g, s := range scales {
			ds := d * float32(s)
			y := (*[16]float32)(dst[16*g:])
			for i, v := range q[16*g : 16*g+16] {
				y[i] = ds * float32(v)
			}
		}
	}
}
