// Command avx512 writes asm/avx512.
package main

import "github.com/querent-ai/chord/gen/x86"

func main() {
	x86.Generate("avx512", true, x86.Gemm512, x86.GemmFloats(8), x86.GemmKQuants(8), x86.Floats, x86.Sums(8), x86.Limits, x86.Pack)
}
