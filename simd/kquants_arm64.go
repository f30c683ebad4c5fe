//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/dotprod"
	"github.com/querent-ai/chord/asm/i8mm"
	"github.com/querent-ai/chord/asm/neon"
	"github.com/querent-ai/chord/quant"
)

// kquantsNeon adds the K-quants of tier neon, and how they are packed.
func kquantsNeon(t *impl) {
	t.gemm[quant.Q2_K] = []gemmFunc{neon.GemmQ2_Kx1, neon.GemmQ2_Kx2, neon.GemmQ2_Kx3, neon.GemmQ2_Kx4,
		neon.GemmQ2_Kx5, neon.GemmQ2_Kx6, neon.GemmQ2_Kx7, neon.GemmQ2_Kx8}
	t.gemm[quant.Q3_K] = []gemmFunc{neon.GemmQ3_Kx1, neon.GemmQ3_Kx2, neon.GemmQ3_Kx3, neon.GemmQ3_Kx4,
		neon.GemmQ3_Kx5, neon.GemmQ3_Kx6, neon.GemmQ3_Kx7, neon.GemmQ3_Kx8}
	t.gemm[quant.Q4_K] = []gemmFunc{neon.GemmQ4_Kx1, neon.GemmQ4_Kx2, neon.GemmQ4_Kx3, neon.GemmQ4_Kx4,
		neon.GemmQ4_Kx5, neon.GemmQ4_Kx6, neon.GemmQ4_Kx7, neon.GemmQ4_Kx8}
	t.gemm[quant.Q5_K] = []gemmFunc{neon.GemmQ5_Kx1, neon.GemmQ5_Kx2, neon.GemmQ5_Kx3, neon.GemmQ5_Kx4,
		neon.GemmQ5_Kx5, neon.GemmQ5_Kx6, neon.GemmQ5_Kx7, neon.GemmQ5_Kx8}
	t.gemm[quant.Q6_K] = []gemmFunc{neon.GemmQ6_Kx1, neon.GemmQ6_Kx2, neon.GemmQ6_Kx3, neon.GemmQ6_Kx4,
		neon.GemmQ6_Kx5, neon.GemmQ6_Kx6, neon.GemmQ6_Kx7, neon.GemmQ6_Kx8}
	t.gemm[quant.IQ4_XS] = []gemmFunc{neon.GemmIQ4_XSx1, neon.GemmIQ4_XSx2, neon.GemmIQ4_XSx3, neon.GemmIQ4_XSx4,
		neon.GemmIQ4_XSx5, neon.GemmIQ4_XSx6, neon.GemmIQ4_XSx7, neon.GemmIQ4_XSx8}
	t.integers = []gemmFunc{neon.GemmIntegersx1, neon.GemmIntegersx2, neon.GemmIntegersx3, neon.GemmIntegersx4,
		neon.GemmIntegersx5, neon.GemmIntegersx6, neon.GemmIntegersx7, neon.GemmIntegersx8}
	t.pack[quant.Q2_K] = neon.PackQ2_K
	t.pack[quant.Q3_K] = neon.PackQ3_K
	t.pack[quant.Q4_K] = neon.PackQ4_K
	t.pack[quant.Q5_K] = neon.PackQ5_K
	t.pack[quant.Q6_K] = neon.PackQ6_K
	t.pack[quant.IQ4_XS] = neon.PackIQ4_XS
}

// kquantsDotprod adds the K-quants of tier dotprod.
func kquantsDotprod(t *impl) {
	t.gemm[quant.Q2_K] = []gemmFunc{dotprod.GemmQ2_Kx1, dotprod.GemmQ2_Kx2, dotprod.GemmQ2_Kx3, dotprod.GemmQ2_Kx4,
		dotprod.GemmQ2_Kx5, dotprod.GemmQ2_Kx6, dotprod.GemmQ2_Kx7, dotprod.GemmQ2_Kx8}
	t.gemm[quant.Q3_K] = []gemmFunc{dotprod.GemmQ3_Kx1, dotprod.GemmQ3_Kx2, dotprod.GemmQ3_Kx3, dotprod.GemmQ3_Kx4,
		dotprod.GemmQ3_Kx5, dotprod.GemmQ3_Kx6, dotprod.GemmQ3_Kx7, dotprod.GemmQ3_Kx8}
	t.gemm[quant.Q4_K] = []gemmFunc{dotprod.GemmQ4_Kx1, dotprod.GemmQ4_Kx2, dotprod.GemmQ4_Kx3, dotprod.GemmQ4_Kx4,
		dotprod.GemmQ4_Kx5, dotprod.GemmQ4_Kx6, dotprod.GemmQ4_Kx7, dotprod.GemmQ4_Kx8}
	t.gemm[quant.Q5_K] = []gemmFunc{dotprod.GemmQ5_Kx1, dotprod.GemmQ5_Kx2, dotprod.GemmQ5_Kx3, dotprod.GemmQ5_Kx4,
		dotprod.GemmQ5_Kx5, dotprod.GemmQ5_Kx6, dotprod.GemmQ5_Kx7, dotprod.GemmQ5_Kx8}
	t.gemm[quant.Q6_K] = []gemmFunc{dotprod.GemmQ6_Kx1, dotprod.GemmQ6_Kx2, dotprod.GemmQ6_Kx3, dotprod.GemmQ6_Kx4,
		dotprod.GemmQ6_Kx5, dotprod.GemmQ6_Kx6, dotprod.GemmQ6_Kx7, dotprod.GemmQ6_Kx8}
	t.gemm[quant.IQ4_XS] = []gemmFunc{dotprod.GemmIQ4_XSx1, dotprod.GemmIQ4_XSx2, dotprod.GemmIQ4_XSx3, dotprod.GemmIQ4_XSx4,
		dotprod.GemmIQ4_XSx5, dotprod.GemmIQ4_XSx6, dotprod.GemmIQ4_XSx7, dotprod.GemmIQ4_XSx8}
	t.integers = []gemmFunc{dotprod.GemmIntegersx1, dotprod.GemmIntegersx2, dotprod.GemmIntegersx3, dotprod.GemmIntegersx4,
		dotprod.GemmIntegersx5, dotprod.GemmIntegersx6, dotprod.GemmIntegersx7, dotprod.GemmIntegersx8}
}

// kquantsI8mm adds the K-quants of tier i8mm: those of full panels.
func kquantsI8mm(t *impl) {
	t.gemm[quant.Q2_K][7] = i8mm.GemmQ2_Kx8
	t.gemm[quant.Q3_K][7] = i8mm.GemmQ3_Kx8
	t.gemm[quant.Q4_K][7] = i8mm.GemmQ4_Kx8
	t.gemm[quant.Q5_K][7] = i8mm.GemmQ5_Kx8
	t.gemm[quant.Q6_K][7] = i8mm.GemmQ6_Kx8
	t.gemm[quant.IQ4_XS][7] = i8mm.GemmIQ4_XSx8
	t.integers[7] = i8mm.GemmIntegersx8
}
