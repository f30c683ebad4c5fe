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
		quant.Q4_0: {avx2.GemmQ4_0x1, avx2.GemmQ4_0x2, avx2.GemmQ4_0x3, avx2.GemmQ4_0x4},
		quant.Q8_0: {avx2.GemmQ8_0x1, avx2.GemmQ8_0x2, avx2.GemmQ8_0x3, avx2.GemmQ8_0x4},
	}
	t.pack = map[quant.Type]packFunc{quant.Q4_0: avx2.PackQ4_0, quant.Q8_0: avx2.PackQ8_0}
	return t
}
