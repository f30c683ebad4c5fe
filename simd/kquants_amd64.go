//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/avx2"
	"github.com/querent-ai/chord/asm/avx512"
	"github.com/querent-ai/chord/quant"
)

// kquantsAVX2 adds the products with K-quants of tier avx2.
func kquantsAVX2(t *impl) {
	t.gemm[quant.Q4_K] = []gemmFunc{avx2.GemmQ4_Kx1, avx2.GemmQ4_Kx2, avx2.GemmQ4_Kx3, avx2.GemmQ4_Kx4}
	t.gemm[quant.Q6_K] = []gemmFunc{avx2.GemmQ6_Kx1, avx2.GemmQ6_Kx2, avx2.GemmQ6_Kx3, avx2.GemmQ6_Kx4}
}

// kquantsAVX512 adds the products with K-quants of tier avx512.
func kquantsAVX512(t *impl) {
	t.gemm[quant.Q4_K] = []gemmFunc{avx512.GemmQ4_Kx1, avx512.GemmQ4_Kx2, avx512.GemmQ4_Kx3, avx512.GemmQ4_Kx4,
		avx512.GemmQ4_Kx5, avx512.GemmQ4_Kx6, avx512.GemmQ4_Kx7, avx512.GemmQ4_Kx8}
	t.gemm[quant.Q6_K] = []gemmFunc{avx512.GemmQ6_Kx1, avx512.GemmQ6_Kx2, avx512.GemmQ6_Kx3, avx512.GemmQ6_Kx4,
		avx512.GemmQ6_Kx5, avx512.GemmQ6_Kx6, avx512.GemmQ6_Kx7, avx512.GemmQ6_Kx8}
}
