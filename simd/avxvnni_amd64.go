//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/avxvnni"
	"github.com/querent-ai/chord/quant"
)

// avxvnniImpl is the tier avxvnni: avx2 with the products of AVX-VNNI.
func avxvnniImpl() impl {
	t := avx2Impl()
	t.name = "avxvnni"
	t.gemm[quant.Q4_0] = []gemmFunc{avxvnni.GemmQ4_0x1, avxvnni.GemmQ4_0x2, avxvnni.GemmQ4_0x3, avxvnni.GemmQ4_0x4}
	t.gemm[quant.Q4_1] = []gemmFunc{avxvnni.GemmQ4_1x1, avxvnni.GemmQ4_1x2, avxvnni.GemmQ4_1x3, avxvnni.GemmQ4_1x4}
	t.gemm[quant.Q5_0] = []gemmFunc{avxvnni.GemmQ5_0x1, avxvnni.GemmQ5_0x2, avxvnni.GemmQ5_0x3, avxvnni.GemmQ5_0x4}
	t.gemm[quant.Q5_1] = []gemmFunc{avxvnni.GemmQ5_1x1, avxvnni.GemmQ5_1x2, avxvnni.GemmQ5_1x3, avxvnni.GemmQ5_1x4}
	t.gemm[quant.Q8_0] = []gemmFunc{avxvnni.GemmQ8_0x1, avxvnni.GemmQ8_0x2, avxvnni.GemmQ8_0x3, avxvnni.GemmQ8_0x4}
	t.gemm[quant.IQ4_NL] = []gemmFunc{avxvnni.GemmIQ4_NLx1, avxvnni.GemmIQ4_NLx2, avxvnni.GemmIQ4_NLx3, avxvnni.GemmIQ4_NLx4}
	t.gemm[quant.MXFP4] = []gemmFunc{avxvnni.GemmMXFP4x1, avxvnni.GemmMXFP4x2, avxvnni.GemmMXFP4x3, avxvnni.GemmMXFP4x4}
	kquantsAVXVNNI(&t)
	return t
}
