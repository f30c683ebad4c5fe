// Command avx512 writes asm/avx512.
package main

import (
	"github.com/querent-ai/chord/gen/layout"
	"github.com/querent-ai/chord/gen/x86"
)

func main() {
	x86.Generate("avx512", true, x86.Gemm512, x86.GemmFloats(layout.AVX512.Panel), x86.GemmKQuants(layout.AVX512.Panel), x86.Floats, x86.Sums(layout.AVX512.Panel), x86.Limits, x86.Pack)
}
