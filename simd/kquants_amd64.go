//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/avx2"
	"github.com/querent-ai/chord/asm/avx512"
	"github.com/querent-ai/chord/asm/avxvnni"
	"github.com/querent-ai/chord/quant"
)

// kquantsAVX2 adds the K-quants of tier avx2.
func kquantsAVX2(t *impl) {
	t.gemm[quant.Q2_K] = []gemmFunc{avx2.GemmQ2_Kx1, avx2.GemmQ2_Kx2, avx2.GemmQ2_Kx3, avx2.GemmQ2_Kx4}
	t.gemm[quant.Q3_K] = []gemmFunc{avx2.GemmQ3_Kx1, avx2.GemmQ3_Kx2, avx2.GemmQ3_Kx3, avx2.GemmQ3_Kx4}
	t.gemm[quant.Q4_K] = []gemmFunc{avx2.GemmQ4_Kx1, avx2.GemmQ4_Kx2, avx2.GemmQ4_Kx3, avx2.GemmQ4_Kx4}
	t.gemm[quant.Q5_K] = []gemmFunc{avx2.GemmQ5_Kx1, avx2.GemmQ5_Kx2, avx2.GemmQ5_Kx3, avx2.GemmQ5_Kx4}
	t.gemm[quant.Q6_K] = []gemmFunc{avx2.GemmQ6_Kx1, avx2.GemmQ6_Kx2, avx2.GemmQ6_Kx3, avx2.GemmQ6_Kx4}
	t.gemm[quant.IQ4_XS] = []gemmFunc{avx2.GemmIQ4_XSx1, avx2.GemmIQ4_XSx2, avx2.GemmIQ4_XSx3, avx2.GemmIQ4_XSx4}
	t.integers = []gemmFunc{avx2.GemmIntegersx1, avx2.GemmIntegersx2, avx2.GemmIntegersx3, avx2.GemmIntegersx4}
	t.pack[quant.Q2_K] = avx2.PackQ2_K
	t.pack[quant.Q3_K] = avx2.PackQ3_K
	t.pack[quant.Q4_K] = avx2.PackQ4_K
	t.pack[quant.Q5_K] = avx2.PackQ5_K
	t.pack[quant.Q6_K] = avx2.PackQ6_K
	t.pack[quant.IQ4_XS] = avx2.PackIQ4_XS
}

// kquantsAVXVNNI adds the K-quants of tier avxvnni.
func kquantsAVXVNNI(t *impl) {
	t.gemm[quant.Q2_K] = []gemmFunc{avxvnni.GemmQ2_Kx1, avxvnni.GemmQ2_Kx2, avxvnni.GemmQ2_Kx3, avxvnni.GemmQ2_Kx4}
	t.gemm[quant.Q3_K] = []gemmFunc{avxvnni.GemmQ3_Kx1, avxvnni.GemmQ3_Kx2, avxvnni.GemmQ3_Kx3, avxvnni.GemmQ3_Kx4}
	t.gemm[quant.Q4_K] = []gemmFunc{avxvnni.GemmQ4_Kx1, avxvnni.GemmQ4_Kx2, avxvnni.GemmQ4_Kx3, avxvnni.GemmQ4_Kx4}
	t.gemm[quant.Q5_K] = []gemmFunc{avxvnni.GemmQ5_Kx1, avxvnni.GemmQ5_Kx2, avxvnni.GemmQ5_Kx3, avxvnni.GemmQ5_Kx4}
	t.gemm[quant.Q6_K] = []gemmFunc{avxvnni.GemmQ6_Kx1, avxvnni.GemmQ6_Kx2, avxvnni.GemmQ6_Kx3, avxvnni.GemmQ6_Kx4}
	t.gemm[quant.IQ4_XS] = []gemmFunc{avxvnni.GemmIQ4_XSx1, avxvnni.GemmIQ4_XSx2, avxvnni.GemmIQ4_XSx3, avxvnni.GemmIQ4_XSx4}
	t.integers = []gemmFunc{avxvnni.GemmIntegersx1, avxvnni.GemmIntegersx2, avxvnni.GemmIntegersx3, avxvnni.GemmIntegersx4}
}

// kquantsAVX512 adds the K-quants of tier avx512.
func kquantsAVX512(t *impl) {
	t.gemm[quant.Q2_K] = []gemmFunc{avx512.GemmQ2_Kx1, avx512.GemmQ2_Kx2, avx512.GemmQ2_Kx3, avx512.GemmQ2_Kx4,
		avx512.GemmQ2_Kx5, avx512.GemmQ2_Kx6, avx512.GemmQ2_Kx7, avx512.GemmQ2_Kx8}
	t.gemm[quant.Q3_K] = []gemmFunc{avx512.GemmQ3_Kx1, avx512.GemmQ3_Kx2, avx512.GemmQ3_Kx3, avx512.GemmQ3_Kx4,
		avx512.GemmQ3_Kx5, avx512.GemmQ3_Kx6, avx512.GemmQ3_Kx7, avx512.GemmQ3_Kx8}
	t.gemm[quant.Q4_K] = []gemmFunc{avx512.GemmQ4_Kx1, avx512.GemmQ4_Kx2, avx512.GemmQ4_Kx3, avx512.GemmQ4_Kx4,
		avx512.GemmQ4_Kx5, avx512.GemmQ4_Kx6, avx512.GemmQ4_Kx7, avx512.GemmQ4_Kx8}
	t.gemm[quant.Q5_K] = []gemmFunc{avx512.GemmQ5_Kx1, avx512.GemmQ5_Kx2, avx512.GemmQ5_Kx3, avx512.GemmQ5_Kx4,
		avx512.GemmQ5_Kx5, avx512.GemmQ5_Kx6, avx512.GemmQ5_Kx7, avx512.GemmQ5_Kx8}
	t.gemm[quant.Q6_K] = []gemmFunc{avx512.GemmQ6_Kx1, avx512.GemmQ6_Kx2, avx512.GemmQ6_Kx3, avx512.GemmQ6_Kx4,
		avx512.GemmQ6_Kx5, avx512.GemmQ6_Kx6, avx512.GemmQ6_Kx7, avx512.GemmQ6_Kx8}
	t.gemm[quant.IQ4_XS] = []gemmFunc{avx512.GemmIQ4_XSx1, avx512.GemmIQ4_XSx2, avx512.GemmIQ4_XSx3, avx512.GemmIQ4_XSx4,
		avx512.GemmIQ4_XSx5, avx512.GemmIQ4_XSx6, avx512.GemmIQ4_XSx7, avx512.GemmIQ4_XSx8}
	t.integers = []gemmFunc{avx512.GemmIntegersx1, avx512.GemmIntegersx2, avx512.GemmIntegersx3, avx512.GemmIntegersx4,
		avx512.GemmIntegersx5, avx512.GemmIntegersx6, avx512.GemmIntegersx7, avx512.GemmIntegersx8}
	t.pack[quant.Q2_K] = avx512.PackQ2_K
	t.pack[quant.Q3_K] = avx512.PackQ3_K
	t.pack[quant.Q4_K] = avx512.PackQ4_K
	t.pack[quant.Q5_K] = avx512.PackQ5_K
	t.pack[quant.Q6_K] = avx512.PackQ6_K
	t.pack[quant.IQ4_XS] = avx512.PackIQ4_XS
}
