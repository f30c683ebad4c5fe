//go:build !purego

package simd

import (
	"maps"

	"github.com/querent-ai/chord/asm/neon"
	"github.com/querent-ai/chord/quant"
)

// neonImpl is the tier neon.
func neonImpl() impl {
	t := generic
	t.name, t.gemm = "neon", maps.Clone(generic.gemm)
	floatsNeon(&t)
	t.gemm[quant.Q4_0] = []gemmFunc{neon.GemmQ4_0x1, neon.GemmQ4_0x2, neon.GemmQ4_0x3, neon.GemmQ4_0x4,
		neon.GemmQ4_0x5, neon.GemmQ4_0x6, neon.GemmQ4_0x7, neon.GemmQ4_0x8}
	t.gemm[quant.Q4_1] = []gemmFunc{neon.GemmQ4_1x1, neon.GemmQ4_1x2, neon.GemmQ4_1x3, neon.GemmQ4_1x4,
		neon.GemmQ4_1x5, neon.GemmQ4_1x6, neon.GemmQ4_1x7, neon.GemmQ4_1x8}
	t.gemm[quant.Q5_0] = []gemmFunc{neon.GemmQ5_0x1, neon.GemmQ5_0x2, neon.GemmQ5_0x3, neon.GemmQ5_0x4,
		neon.GemmQ5_0x5, neon.GemmQ5_0x6, neon.GemmQ5_0x7, neon.GemmQ5_0x8}
	t.gemm[quant.Q5_1] = []gemmFunc{neon.GemmQ5_1x1, neon.GemmQ5_1x2, neon.GemmQ5_1x3, neon.GemmQ5_1x4,
		neon.GemmQ5_1x5, neon.GemmQ5_1x6, neon.GemmQ5_1x7, neon.GemmQ5_1x8}
	t.gemm[quant.Q8_0] = []gemmFunc{neon.GemmQ8_0x1, neon.GemmQ8_0x2, neon.GemmQ8_0x3, neon.GemmQ8_0x4,
		neon.GemmQ8_0x5, neon.GemmQ8_0x6, neon.GemmQ8_0x7, neon.GemmQ8_0x8}
	t.gemm[quant.IQ4_NL] = []gemmFunc{neon.GemmIQ4_NLx1, neon.GemmIQ4_NLx2, neon.GemmIQ4_NLx3, neon.GemmIQ4_NLx4,
		neon.GemmIQ4_NLx5, neon.GemmIQ4_NLx6, neon.GemmIQ4_NLx7, neon.GemmIQ4_NLx8}
	t.gemm[quant.MXFP4] = []gemmFunc{neon.GemmMXFP4x1, neon.GemmMXFP4x2, neon.GemmMXFP4x3, neon.GemmMXFP4x4,
		neon.GemmMXFP4x5, neon.GemmMXFP4x6, neon.GemmMXFP4x7, neon.GemmMXFP4x8}
	floatGemmNeon(&t)
	packNeon(&t)
	kquantsNeon(&t)
	return t
}
