package quant

// CanQuantize reports whether [Quantize] supports t.
func CanQuantize(t Type) bool {
	switch t {
	case F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q8_K,
		Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, MXFP4:
		return true
	}
	return false
}

// Quantize sets dst to the elements of src rounded to t.
//
// For F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 and Q8_K the bytes are those of
// ggml's quantize_row_*_ref functions for any finite input. Where these are
// undefined in C (an infinity, a NaN or an overflow converted to an integer) the
// bytes are those of x86-64. A NaN scale may differ in its payload, and the sums
// of an all-zero Q8_K block are zero, where ggml leaves them unset.
//
// For the other types Quantize searches for scales with a small squared error, as
// [QuantizeWeighted] with equal weights. Nothing is allocated.
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
	default:
		search(dst, t, src, nil)
	}
}

// QuantizeWeighted sets dst to the elements of src rounded to t. It searches for
// scales with a small Σ weights[i]·(src[i]-y[i])², where y is [Dequantize] of dst.
//
// weights must not be negative. If weights is nil, or zero in a whole group of
// elements, these have equal weights. F32, F16, BF16, Q8_0 and Q8_K have no
// choice of scales: weights are ignored and the bytes are those of [Quantize].
// The bytes are the same on every machine.
//
// It panics as Quantize does, and if weights is not nil and not as long as src.
func QuantizeWeighted(dst []byte, t Type, src, weights []float32) {
	check("QuantizeWeighted", t, CanQuantize(t), "src", len(src), "dst", len(dst))
	if weights != nil && len(weights) != len(src) {
		panic("quant: QuantizeWeighted: len(weights) != len(src)")
	}
	switch t {
	case F32, F16, BF16, Q8_0, Q8_K:
		Quantize(dst, t, src)
	default:
		search(dst, t, src, weights)
	}
}

// search is [QuantizeWeighted] of the types with a choice of scales.
func search(dst []byte, t Type, src, weights []float32) {
	switch t {
	case Q4_0:
		searchQ4_0(Blocks[BlockQ4_0](dst), src, weights)
	case Q4_1:
		searchQ4_1(Blocks[BlockQ4_1](dst), src, weights)
	case Q5_0:
		searchQ5_0(Blocks[BlockQ5_0](dst), src, weights)
	case Q5_1:
		searchQ5_1(Blocks[BlockQ5_1](dst), src, weights)
	case IQ4_NL:
		quantizeIQ4_NL(Blocks[BlockIQ4_NL](dst), src, weights)
	case MXFP4:
		quantizeMXFP4(Blocks[BlockMXFP4](dst), src, weights)
	case Q2_K:
		quantizeQ2_K(Blocks[BlockQ2_K](dst), src, weights)
	case Q3_K:
		quantizeQ3_K(Blocks[BlockQ3_K](dst), src, weights)
	case Q4_K:
		quantizeQ4_K(Blocks[BlockQ4_K](dst), src, weights)
	case Q5_K:
		quantizeQ5_K(Blocks[BlockQ5_K](dst), src, weights)
	case Q6_K:
		quantizeQ6_K(Blocks[BlockQ6_K](dst), src, weights)
	case IQ4_XS:
		quantizeIQ4_XS(Blocks[BlockIQ4_XS](dst), src, weights)
	}
}

// weightsFrom returns weights[i:], nil if weights is nil.
func weightsFrom(weights []float32, i int) []float32 {
	if weights == nil {
		return nil
	}
	return weights[i:]
}
