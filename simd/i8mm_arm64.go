//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/dotprod"
	"github.com/querent-ai/chord/asm/i8mm"
	"github.com/querent-ai/chord/quant"
)

// i8mmImpl is the tier i8mm: dotprod with the products of SMMLA for two tokens and
// more.
func i8mmImpl() impl {
	t := dotprodImpl()
	t.name = "i8mm"
	t.gemm[quant.Q4_0] = []gemmFunc{dotprod.GemmQ4_0x1, i8mm.GemmQ4_0x2, i8mm.GemmQ4_0x3, i8mm.GemmQ4_0x4,
		i8mm.GemmQ4_0x5, i8mm.GemmQ4_0x6, i8mm.GemmQ4_0x7, i8mm.GemmQ4_0x8,
		i8mm.GemmQ4_0x9, i8mm.GemmQ4_0x10, i8mm.GemmQ4_0x11, i8mm.GemmQ4_0x12}
	t.gemm[quant.Q4_1] = []gemmFunc{dotprod.GemmQ4_1x1, i8mm.GemmQ4_1x2, i8mm.GemmQ4_1x3, i8mm.GemmQ4_1x4,
		i8mm.GemmQ4_1x5, i8mm.GemmQ4_1x6, i8mm.GemmQ4_1x7, i8mm.GemmQ4_1x8,
		i8mm.GemmQ4_1x9, i8mm.GemmQ4_1x10, i8mm.GemmQ4_1x11, i8mm.GemmQ4_1x12}
	t.gemm[quant.Q5_0] = []gemmFunc{dotprod.GemmQ5_0x1, i8mm.GemmQ5_0x2, i8mm.GemmQ5_0x3, i8mm.GemmQ5_0x4,
		i8mm.GemmQ5_0x5, i8mm.GemmQ5_0x6, i8mm.GemmQ5_0x7, i8mm.GemmQ5_0x8,
		i8mm.GemmQ5_0x9, i8mm.GemmQ5_0x10, i8mm.GemmQ5_0x11, i8mm.GemmQ5_0x12}
	t.gemm[quant.Q5_1] = []gemmFunc{dotprod.GemmQ5_1x1, i8mm.GemmQ5_1x2, i8mm.GemmQ5_1x3, i8mm.GemmQ5_1x4,
		i8mm.GemmQ5_1x5, i8mm.GemmQ5_1x6, i8mm.GemmQ5_1x7, i8mm.GemmQ5_1x8,
		i8mm.GemmQ5_1x9, i8mm.GemmQ5_1x10, i8mm.GemmQ5_1x11, i8mm.GemmQ5_1x12}
	t.gemm[quant.Q8_0] = []gemmFunc{dotprod.GemmQ8_0x1, i8mm.GemmQ8_0x2, i8mm.GemmQ8_0x3, i8mm.GemmQ8_0x4,
		i8mm.GemmQ8_0x5, i8mm.GemmQ8_0x6, i8mm.GemmQ8_0x7, i8mm.GemmQ8_0x8,
		i8mm.GemmQ8_0x9, i8mm.GemmQ8_0x10, i8mm.GemmQ8_0x11, i8mm.GemmQ8_0x12}
	t.gemm[quant.IQ4_NL] = []gemmFunc{dotprod.GemmIQ4_NLx1, i8mm.GemmIQ4_NLx2, i8mm.GemmIQ4_NLx3, i8mm.GemmIQ4_NLx4,
		i8mm.GemmIQ4_NLx5, i8mm.GemmIQ4_NLx6, i8mm.GemmIQ4_NLx7, i8mm.GemmIQ4_NLx8,
		i8mm.GemmIQ4_NLx9, i8mm.GemmIQ4_NLx10, i8mm.GemmIQ4_NLx11, i8mm.GemmIQ4_NLx12}
	t.gemm[quant.MXFP4] = []gemmFunc{dotprod.GemmMXFP4x1, i8mm.GemmMXFP4x2, i8mm.GemmMXFP4x3, i8mm.GemmMXFP4x4,
		i8mm.GemmMXFP4x5, i8mm.GemmMXFP4x6, i8mm.GemmMXFP4x7, i8mm.GemmMXFP4x8,
		i8mm.GemmMXFP4x9, i8mm.GemmMXFP4x10, i8mm.GemmMXFP4x11, i8mm.GemmMXFP4x12}
	kquantsI8mm(&t)
	return t
}
