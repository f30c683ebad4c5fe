package quant

import "fmt"

// CanDequantize reports whether [Dequantize] supports t.
func CanDequantize(t Type) bool { return t == F32 || t == F16 || t == BF16 || HasIntegers(t) }

// Dequantize sets dst to the values of src, which holds len(dst) elements of t.
//
// The values are, bit for bit, those of ggml's dequantize_row_* functions; the
// bits of a NaN may differ. Those of blocks are the values of [Ints], rounded to
// float32 once. Nothing is allocated.
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
	default:
		dequantizeBlocks(dst, t, src)
	}
}

// dequantizeBlocks is [Dequantize] of the types that [Integers] takes.
func dequantizeBlocks(dst []float32, t Type, src []byte) {
	var v Ints
	size, groups := t.BlockBytes(), t.BlockElems()/16
	for ; len(src) >= size; src = src[size:] {
		Integers(&v, t, src)
		for g := range groups {
			d, m := v.D*float32(v.Scales[g]), float32(v.DMin*float32(v.Mins[g]))
			q, y := (*[16]int8)(v.Q[16*g:]), (*[16]float32)(dst)
			for i := 0; i < 16; i += 4 {
				q, y := (*[4]int8)(q[i:]), (*[4]float32)(y[i:])
				y[0] = float32(d*float32(q[0])) - m // without minima m is 0
				y[1] = float32(d*float32(q[1])) - m
				y[2] = float32(d*float32(q[2])) - m
				y[3] = float32(d*float32(q[3])) - m
			}
			dst = dst[16:]
		}
	}
}

// check panics, as function fn, unless can, which says that fn supports t, and
// unless nElems elements of t are nBytes bytes.
func check(fn string, t Type, can bool, elems string, nElems int, bytes string, nBytes int) {
	if !can {
		panic(fmt.Sprintf("quant: %s: unsupported type %s", fn, t))
	}
	want, err := t.RowBytes(nElems)
	if err != nil {
		panic(fmt.Sprintf("quant: %s: %s: len(%s) = %d, want a multiple of %d", fn, t, elems, nElems, t.BlockElems()))
	}
	if nBytes != want {
		panic(fmt.Sprintf("quant: %s: %s: len(%s) = %d, want %d for len(%s) = %d", fn, t, bytes, nBytes, want, elems, nElems))
	}
}
