package quant

// CanQuantize reports whether [Quantize] makes t.
func CanQuantize(t Type) bool {
	switch t {
	case F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q8_K:
		return true
	}
	return false
}

// Quantize sets dst to the elements of src rounded to t.
//
// The bytes are those of ggml's quantize_row_*_ref functions for any finite
// input; where those are undefined in C (an infinity, a NaN or an overflow
// converted to an integer) they are what x86-64 makes of it. A NaN scale may
// differ in its payload, and the sums of an all-zero Q8_K block are zero,
// where ggml leaves them unset. Nothing is allocated.
//
// It panics if [CanQuantize] is false for t, if len(src) is not a multiple of
// t's block, or if len(dst) is not exactly t.RowBytes(len(src)).
func Quantize(dst []byte, t Type, src []float32) {
	check("Quantize", t, CanQuantize(t), "src", len(src), "dst", len(dst))
	switch t {
	case F32:
		quantizeF32(dst, src)
	case F16:
		quantizeF16(dst, src)
	case BF16:
		quantizeBF16(dst, src)
	case Q4_0:
		quantizeQ4_0(Blocks[BlockQ4_0](dst), src)
	case Q4_1:
		quantizeQ4_1(Blocks[BlockQ4_1](dst), src)
	case Q5_0:
		quantizeQ5_0(Blocks[BlockQ5_0](dst), src)
	case Q5_1:
		quantizeQ5_1(Blocks[BlockQ5_1](dst), src)
	case Q8_0:
		quantizeQ8_0(Blocks[BlockQ8_0](dst), src)
	case Q8_K:
		quantizeQ8_K(Blocks[BlockQ8_K](dst), src)
	}
}
