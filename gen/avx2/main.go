// Command avx2 writes asm/avx2.
package main

import "github.com/querent-ai/chord/gen/x86"

func main() {
	x86.Generate("avx2", false, x86.GemmAVX2, x86.GemmFloats(4), x86.GemmKQuants(4), x86.Floats, x86.Sums(4), x86.Limits, x86.Pack)
}
