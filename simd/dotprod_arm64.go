//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/dotprod"
	"github.com/querent-ai/chord/quant"
)

// dotprodImpl is the tier dotprod: neon with the products of SDOT.
func dotprodImpl() impl {
	t := neonImpl()
	t.name, t.panel32 = "dotprod", 12
	t.gemm[quant.Q4_0] = []gemmFunc{dotprod.GemmQ4_0x1, dotprod.GemmQ4_0x2, dotprod.GemmQ4_0x3, dotprod.GemmQ4_0x4,
		dotprod.GemmQ4_0x5, dotprod.GemmQ4_0x6, dotprod.GemmQ4_0x7, dotprod.GemmQ4_0x8,
		dotprod.GemmQ4_0x9, dotprod.GemmQ4_0x10, dotprod.GemmQ4_0x11, dotprod.GemmQ4_0x12}
	t.gemm[quant.Q4_1] = []gemmFunc{dotprod.GemmQ4_1x1, dotprod.GemmQ4_1x2, dotprod.GemmQ4_1x3, dotprod.GemmQ4_1x4,
		dotprod.GemmQ4_1x5, dotprod.GemmQ4_1x6, dotprod.GemmQ4_1x7, dotprod.GemmQ4_1x8,
		dotprod.GemmQ4_1x9, dotprod.GemmQ4_1x10, dotprod.GemmQ4_1x11, dotprod.GemmQ4_1x12}
	t.gemm[quant.Q5_0] = []gemmFunc{dotprod.GemmQ5_0x1, dotprod.GemmQ5_0x2, dotprod.GemmQ5_0x3, dotprod.GemmQ5_0x4,
		dotprod.GemmQ5_0x5, dotprod.GemmQ5_0x6, dotprod.GemmQ5_0x7, dotprod.GemmQ5_0x8,
		dotprod.GemmQ5_0x9, dotprod.GemmQ5_0x10, dotprod.GemmQ5_0x11, dotprod.GemmQ5_0x12}
	t.gemm[quant.Q5_1] = []gemmFunc{dotprod.GemmQ5_1x1, dotprod.GemmQ5_1x2, dotprod.GemmQ5_1x3, dotprod.GemmQ5_1x4,
		dotprod.GemmQ5_1x5, dotprod.GemmQ5_1x6, dotprod.GemmQ5_1x7, dotprod.GemmQ5_1x8,
		dotprod.GemmQ5_1x9, dotprod.GemmQ5_1x10, dotprod.GemmQ5_1x11, dotprod.GemmQ5_1x12}
	t.gemm[quant.Q8_0] = []gemmFunc{dotprod.GemmQ8_0x1, dotprod.GemmQ8_0x2, dotprod.GemmQ8_0x3, dotprod.GemmQ8_0x4,
		dotprod.GemmQ8_0x5, dotprod.GemmQ8_0x6, dotprod.GemmQ8_0x7, dotprod.GemmQ8_0x8,
		dotprod.GemmQ8_0x9, dotprod.GemmQ8_0x10, dotprod.GemmQ8_0x11, dotprod.GemmQ8_0x12}
	t.gemm[quant.IQ4_NL] = []gemmFunc{dotprod.GemmIQ4_NLx1, dotprod.GemmIQ4_NLx2, dotprod.GemmIQ4_NLx3, dotprod.GemmIQ4_NLx4,
		dotprod.GemmIQ4_NLx5, dotprod.GemmIQ4_NLx6, dotprod.GemmIQ4_NLx7, dotprod.GemmIQ4_NLx8,
		dotprod.GemmIQ4_NLx9, dotprod.GemmIQ4_NLx10, dotprod.GemmIQ4_NLx11, dotprod.GemmIQ4_NLx12}
	t.gemm[quant.MXFP4] = []gemmFunc{dotprod.GemmMXFP4x1, dotprod.GemmMXFP4x2, dotprod.GemmMXFP4x3, dotprod.GemmMXFP4x4,
		dotprod.GemmMXFP4x5, dotprod.GemmMXFP4x6, dotprod.GemmMXFP4x7, dotprod.GemmMXFP4x8,
		dotprod.GemmMXFP4x9, dotprod.GemmMXFP4x10, dotprod.GemmMXFP4x11, dotprod.GemmMXFP4x12}
	kquantsDotprod(&t)
	return t
}
