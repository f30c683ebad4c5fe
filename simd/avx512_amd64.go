//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/avx512"
	"github.com/querent-ai/chord/quant"
)

// avx512Impl is the tier avx512.
func avx512Impl() impl {
	t := generic
	t.name = "avx512"
	floatsAVX512(&t)
	t.gemm = map[quant.Type][]gemmFunc{
		quant.F32: {avx512.GemmF32x1, avx512.GemmF32x2, avx512.GemmF32x3, avx512.GemmF32x4,
			avx512.GemmF32x5, avx512.GemmF32x6, avx512.GemmF32x7, avx512.GemmF32x8},
		quant.F16: {avx512.GemmF16x1, avx512.GemmF16x2, avx512.GemmF16x3, avx512.GemmF16x4,
			avx512.GemmF16x5, avx512.GemmF16x6, avx512.GemmF16x7, avx512.GemmF16x8},
		quant.BF16: {avx512.GemmBF16x1, avx512.GemmBF16x2, avx512.GemmBF16x3, avx512.GemmBF16x4,
			avx512.GemmBF16x5, avx512.GemmBF16x6, avx512.GemmBF16x7, avx512.GemmBF16x8},
		quant.Q4_0: {avx512.GemmQ4_0x1, avx512.GemmQ4_0x2, avx512.GemmQ4_0x3, avx512.GemmQ4_0x4,
			avx512.GemmQ4_0x5, avx512.GemmQ4_0x6, avx512.GemmQ4_0x7, avx512.GemmQ4_0x8},
		quant.Q4_1: {avx512.GemmQ4_1x1, avx512.GemmQ4_1x2, avx512.GemmQ4_1x3, avx512.GemmQ4_1x4,
			avx512.GemmQ4_1x5, avx512.GemmQ4_1x6, avx512.GemmQ4_1x7, avx512.GemmQ4_1x8},
		quant.Q5_0: {avx512.GemmQ5_0x1, avx512.GemmQ5_0x2, avx512.GemmQ5_0x3, avx512.GemmQ5_0x4,
			avx512.GemmQ5_0x5, avx512.GemmQ5_0x6, avx512.GemmQ5_0x7, avx512.GemmQ5_0x8},
		quant.Q5_1: {avx512.GemmQ5_1x1, avx512.GemmQ5_1x2, avx512.GemmQ5_1x3, avx512.GemmQ5_1x4,
			avx512.GemmQ5_1x5, avx512.GemmQ5_1x6, avx512.GemmQ5_1x7, avx512.GemmQ5_1x8},
		quant.IQ4_NL: {avx512.GemmIQ4_NLx1, avx512.GemmIQ4_NLx2, avx512.GemmIQ4_NLx3, avx512.GemmIQ4_NLx4,
			avx512.GemmIQ4_NLx5, avx512.GemmIQ4_NLx6, avx512.GemmIQ4_NLx7, avx512.GemmIQ4_NLx8},
		quant.MXFP4: {avx512.GemmMXFP4x1, avx512.GemmMXFP4x2, avx512.GemmMXFP4x3, avx512.GemmMXFP4x4,
			avx512.GemmMXFP4x5, avx512.GemmMXFP4x6, avx512.GemmMXFP4x7, avx512.GemmMXFP4x8},
		quant.Q8_0: {avx512.GemmQ8_0x1, avx512.GemmQ8_0x2, avx512.GemmQ8_0x3, avx512.GemmQ8_0x4,
			avx512.GemmQ8_0x5, avx512.GemmQ8_0x6, avx512.GemmQ8_0x7, avx512.GemmQ8_0x8},
	}
	t.pack = map[quant.Type]packFunc{
		quant.F32: avx512.PackF32, quant.F16: avx512.PackF16, quant.BF16: avx512.PackF16,
		quant.Q4_0: avx512.PackQ4_0, quant.Q4_1: avx512.PackQ4_1, quant.Q5_0: avx512.PackQ5_0, quant.Q5_1: avx512.PackQ5_1,
		quant.Q8_0: avx512.PackQ8_0, quant.IQ4_NL: avx512.PackQ4_0, quant.MXFP4: avx512.PackMXFP4,
	}
	kquantsAVX512(&t)
	t.scores, t.softmax = t.gemm, avx512.Softmax
	t.sums = map[quant.Type][]sumFunc{
		quant.F32:  {avx512.SumsF32x1, avx512.SumsF32x2, avx512.SumsF32x3, avx512.SumsF32x4, avx512.SumsF32x5, avx512.SumsF32x6, avx512.SumsF32x7, avx512.SumsF32x8},
		quant.F16:  {avx512.SumsF16x1, avx512.SumsF16x2, avx512.SumsF16x3, avx512.SumsF16x4, avx512.SumsF16x5, avx512.SumsF16x6, avx512.SumsF16x7, avx512.SumsF16x8},
		quant.Q8_0: {avx512.SumsQ8_0x1, avx512.SumsQ8_0x2, avx512.SumsQ8_0x3, avx512.SumsQ8_0x4, avx512.SumsQ8_0x5, avx512.SumsQ8_0x6, avx512.SumsQ8_0x7, avx512.SumsQ8_0x8},
	}
	return t
}
