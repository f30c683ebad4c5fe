package quant

import "fmt"

// CanDequantize reports whether [Dequantize] takes t.
func CanDequantize(t Type) bool {
	switch t {
	case F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_K,
		IQ4_NL, IQ4_XS, MXFP4, NVFP4, Q1_0, Q2_0, TQ1_0, TQ2_0:
		return true
	}
	return HasIntegers(t)
}

// Dequantize sets dst to the values of src, which holds len(dst) elements of t.
//
// The values are, bit for bit, those of ggml's dequantize_row_* functions; the
// bits of a NaN may differ. Nothing is allocated.
//
// It panics if [CanDequantize] is false for t, if len(dst) is not a multiple of
// t's block, or if len(src) is not exactly t.RowBytes(len(dst)).
func Dequantize(dst []float32, t Type, src []byte) {
	check("Dequantize", t, CanDequantize(t), "dst", len(dst), "src", len(src))
	switch t {
	case F32:
		dequantizeF32(dst, src)
	case F16:
		dequantizeF16(dst, src)
	case BF16:
		dequantizeBF16(dst, src)
	case Q4_0:
		dequantizeQ4_0(dst, Blocks[BlockQ4_0](src))
	case Q4_1:
		dequantizeQ4_1(dst, Blocks[BlockQ4_1](src))
	case Q5_0:
		dequantizeQ5_0(dst, Blocks[BlockQ5_0](src))
	case Q5_1:
		dequantizeQ5_1(dst, Blocks[BlockQ5_1](src))
	case Q8_0:
		dequantizeQ8_0(dst, Blocks[BlockQ8_0](src))
	case MXFP4:
		dequantizeMXFP4(dst, Blocks[BlockMXFP4](src))
	case NVFP4:
		dequantizeNVFP4(dst, Blocks[BlockNVFP4](src))
	case Q1_0:
		dequantizeQ1_0(dst, Blocks[BlockQ1_0](src))
	case Q2_0:
		dequantizeQ2_0(dst, Blocks[BlockQ2_0](src))
	case IQ4_NL:
		dequantizeIQ4_NL(dst, Blocks[BlockIQ4_NL](src))
	default:
		dequantize256(dst, t, src)
	}
}

// dequantize256 is [Dequantize] of the types with 256 elements a block.
func dequantize256(dst []float32, t Type, src []byte) {
	switch t {
	case Q2_K:
		dequantizeQ2_K(dst, Blocks[BlockQ2_K](src))
	case Q3_K:
		dequantizeQ3_K(dst, Blocks[BlockQ3_K](src))
	case Q4_K:
		dequantizeQ4_K(dst, Blocks[BlockQ4_K](src))
	case Q5_K:
		dequantizeQ5_K(dst, Blocks[BlockQ5_K](src))
	case Q6_K:
		dequantizeQ6_K(dst, Blocks[BlockQ6_K](src))
	case Q8_K:
		dequantizeQ8_K(dst, Blocks[BlockQ8_K](src))
	case IQ4_XS:
		dequantizeIQ4_XS(dst, Blocks[BlockIQ4_XS](src))
	case TQ1_0:
		dequantizeTQ1_0(dst, Blocks[BlockTQ1_0](src))
	case TQ2_0:
		dequantizeTQ2_0(dst, Blocks[BlockTQ2_0](src))
	default:
		dequantizeIntegers(dst, t, src)
	}
}

// check panics in the name of the function fn unless it can take t and
// nBytes bytes are what nElems elements of t need.
func check(fn string, t Type, can bool, elems string, nElems int, bytes string, nBytes int) {
	if !can {
		panic(fmt.Sprintf("quant: %s: cannot take %s", fn, t))
	}
	want, err := t.RowBytes(nElems)
	if err != nil {
		panic(fmt.Sprintf("quant: %s: %s: len(%s) = %d, want a multiple of %d", fn, t, elems, nElems, t.BlockElems()))
	}
	if nBytes != want {
		panic(fmt.Sprintf("quant: %s: %s: len(%s) = %d, want %d for len(%s) = %d", fn, t, bytes, nBytes, want, elems, nElems))
	}
}
