//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/neon"
	"github.com/querent-ai/chord/quant"
)

// floatsNeon sets t's vector functions to those of neon.
func floatsNeon(t *impl) {
	t.dot, t.toF16, t.add, t.scale, t.scaleMul = neon.Dot, neon.ToF16, neon.Add, neon.Scale, neon.ScaleMul
	t.max, t.above, t.expSum, t.siluMul, t.geluMul = neon.Max, neon.Above, neon.ExpSum, neon.SiLUMul, neon.GELUMul
	t.rope, t.ropeHalves, t.softmax, t.fromF16 = neon.RoPE, neon.RoPEHalves, neon.Softmax, neon.FromF16
	t.quantize32, t.quantize256 = neon.Quantize32, neon.Quantize256
}

// floatGemmNeon adds the products of float weights, and of queries with keys and
// of scores with values, to t.
func floatGemmNeon(t *impl) {
	t.gemm[quant.F32] = []gemmFunc{neon.GemmF32x1, neon.GemmF32x2, neon.GemmF32x3, neon.GemmF32x4,
		neon.GemmF32x5, neon.GemmF32x6, neon.GemmF32x7, neon.GemmF32x8}
	t.gemm[quant.F16] = []gemmFunc{neon.GemmF16x1, neon.GemmF16x2, neon.GemmF16x3, neon.GemmF16x4,
		neon.GemmF16x5, neon.GemmF16x6, neon.GemmF16x7, neon.GemmF16x8}
	t.gemm[quant.BF16] = []gemmFunc{neon.GemmBF16x1, neon.GemmBF16x2, neon.GemmBF16x3, neon.GemmBF16x4,
		neon.GemmBF16x5, neon.GemmBF16x6, neon.GemmBF16x7, neon.GemmBF16x8}
	t.scores = t.gemm
	t.sums = map[quant.Type][]sumFunc{
		quant.F32: {neon.SumsF32x1, neon.SumsF32x2, neon.SumsF32x3, neon.SumsF32x4,
			neon.SumsF32x5, neon.SumsF32x6, neon.SumsF32x7, neon.SumsF32x8},
		quant.F16: {neon.SumsF16x1, neon.SumsF16x2, neon.SumsF16x3, neon.SumsF16x4,
			neon.SumsF16x5, neon.SumsF16x6, neon.SumsF16x7, neon.SumsF16x8},
		quant.Q8_0: {neon.SumsQ8_0x1, neon.SumsQ8_0x2, neon.SumsQ8_0x3, neon.SumsQ8_0x4,
			neon.SumsQ8_0x5, neon.SumsQ8_0x6, neon.SumsQ8_0x7, neon.SumsQ8_0x8},
	}
}

// packNeon sets how blocks of 32 and floats are packed.
func packNeon(t *impl) {
	t.pack = map[quant.Type]packFunc{
		quant.F32: neon.PackF32, quant.F16: neon.PackF16, quant.BF16: neon.PackF16,
		quant.Q4_0: neon.PackQ4_0, quant.Q4_1: neon.PackQ4_1, quant.Q5_0: neon.PackQ5_0, quant.Q5_1: neon.PackQ5_1,
		quant.Q8_0: neon.PackQ8_0, quant.IQ4_NL: neon.PackQ4_0, quant.MXFP4: neon.PackMXFP4,
	}
}
