//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/avx512"
	"github.com/querent-ai/chord/quant"
)

// avx512Impl is the tier avx512.
func avx512Impl() impl {
	t := generic
	t.name = "avx512"
	floatsAVX512(&t)
	t.gemm = map[quant.Type][]gemmFunc{
		quant.Q4_0: {avx512.GemmQ4_0x1, avx512.GemmQ4_0x2, avx512.GemmQ4_0x3, avx512.GemmQ4_0x4,
			avx512.GemmQ4_0x5, avx512.GemmQ4_0x6, avx512.GemmQ4_0x7, avx512.GemmQ4_0x8},
		quant.Q8_0: {avx512.GemmQ8_0x1, avx512.GemmQ8_0x2, avx512.GemmQ8_0x3, avx512.GemmQ8_0x4,
			avx512.GemmQ8_0x5, avx512.GemmQ8_0x6, avx512.GemmQ8_0x7, avx512.GemmQ8_0x8},
	}
	t.pack = map[quant.Type]packFunc{quant.Q4_0: avx512.PackQ4_0, quant.Q8_0: avx512.PackQ8_0}
	return t
}
