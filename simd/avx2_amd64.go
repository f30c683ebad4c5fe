//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/avx2"
	"github.com/querent-ai/chord/quant"
)

// avx2Impl is the tier avx2.
func avx2Impl() impl {
	t := generic
	t.name, t.panel = "avx2", 4
	floatsAVX2(&t)
	t.gemm = map[quant.Type][]gemmFunc{
		quant.F32:    {avx2.GemmF32x1, avx2.GemmF32x2, avx2.GemmF32x3, avx2.GemmF32x4},
		quant.F16:    {avx2.GemmF16x1, avx2.GemmF16x2, avx2.GemmF16x3, avx2.GemmF16x4},
		quant.BF16:   {avx2.GemmBF16x1, avx2.GemmBF16x2, avx2.GemmBF16x3, avx2.GemmBF16x4},
		quant.Q4_0:   {avx2.GemmQ4_0x1, avx2.GemmQ4_0x2, avx2.GemmQ4_0x3, avx2.GemmQ4_0x4},
		quant.Q4_1:   {avx2.GemmQ4_1x1, avx2.GemmQ4_1x2, avx2.GemmQ4_1x3, avx2.GemmQ4_1x4},
		quant.Q5_0:   {avx2.GemmQ5_0x1, avx2.GemmQ5_0x2, avx2.GemmQ5_0x3, avx2.GemmQ5_0x4},
		quant.Q5_1:   {avx2.GemmQ5_1x1, avx2.GemmQ5_1x2, avx2.GemmQ5_1x3, avx2.GemmQ5_1x4},
		quant.IQ4_NL: {avx2.GemmIQ4_NLx1, avx2.GemmIQ4_NLx2, avx2.GemmIQ4_NLx3, avx2.GemmIQ4_NLx4},
		quant.MXFP4:  {avx2.GemmMXFP4x1, avx2.GemmMXFP4x2, avx2.GemmMXFP4x3, avx2.GemmMXFP4x4},
		quant.Q8_0:   {avx2.GemmQ8_0x1, avx2.GemmQ8_0x2, avx2.GemmQ8_0x3, avx2.GemmQ8_0x4},
	}
	t.pack = map[quant.Type]packFunc{
		quant.F32: avx2.PackF32, quant.F16: avx2.PackF16, quant.BF16: avx2.PackF16,
		quant.Q4_0: avx2.PackQ4_0, quant.Q4_1: avx2.PackQ4_1, quant.Q5_0: avx2.PackQ5_0, quant.Q5_1: avx2.PackQ5_1,
		quant.Q8_0: avx2.PackQ8_0, quant.IQ4_NL: avx2.PackQ4_0, quant.MXFP4: avx2.PackMXFP4,
	}
	kquantsAVX2(&t)
	t.scores, t.softmax = t.gemm, avx2.Softmax
	t.sums = map[quant.Type][]sumFunc{
		quant.F32:  {avx2.SumsF32x1, avx2.SumsF32x2, avx2.SumsF32x3, avx2.SumsF32x4},
		quant.F16:  {avx2.SumsF16x1, avx2.SumsF16x2, avx2.SumsF16x3, avx2.SumsF16x4},
		quant.Q8_0: {avx2.SumsQ8_0x1, avx2.SumsQ8_0x2, avx2.SumsQ8_0x3, avx2.SumsQ8_0x4},
	}
	return t
}
