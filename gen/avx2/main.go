// Command avx2 writes asm/avx2.
package main

import (
	"github.com/querent-ai/chord/gen/layout"
	"github.com/querent-ai/chord/gen/x86"
)

func main() {
	x86.Generate("avx2", false, x86.GemmAVX2, x86.GemmFloats(layout.AVX2.Panel), x86.GemmKQuants(layout.AVX2.Panel), x86.Floats, x86.Sums(layout.AVX2.Panel), x86.Limits, x86.Pack)
}
