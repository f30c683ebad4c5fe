// Command gen writes what its argument names: the kernels of a tier to
// asm/<tier>, of "simd" the tables of package simd, or of "wit" the bindings of
// cmd/chord-component. It runs in its own folder.
package main

import (
	"fmt"
	"os"

	"github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/arm64"
	"github.com/querent-ai/chord/gen/dispatch"
	"github.com/querent-ai/chord/gen/layout"
	"github.com/querent-ai/chord/gen/wasm/kernels"
	"github.com/querent-ai/chord/gen/wit"
	"github.com/querent-ai/chord/gen/x86"
)

func main() {
	if err := write(os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// write writes the package called name.
func write(name string) error {
	avx2, avx512 := layout.AVX2.Panel, layout.AVX512.Panel
	switch name {
	case "simd":
		return dispatch.Write()
	case "avx2":
		return x86.Generate(name, false, x86.GemmAVX2, x86.GemmFloats(avx2), x86.GemmKQuants(avx2), x86.Floats, x86.Sums(avx2), x86.Limits, x86.Pack)
	case "avxvnni":
		return x86.Generate(name, false, x86.VNNI(x86.GemmAVX2), x86.VNNI(x86.GemmKQuants(avx2)), x86.VNNI(x86.Limits))
	case "evex256":
		return x86.Generate(name, false, x86.Twin(x86.GemmAVX2), x86.Twin(x86.GemmKQuants(avx2)))
	case "avx512":
		return x86.Generate(name, true, x86.Gemm512, x86.GemmFloats(avx512), x86.GemmKQuants(avx512), x86.Floats, x86.Sums(avx512), x86.Limits, x86.Pack)
	case "free512":
		return x86.Generate(name, true, x86.Free512)
	case "wasm":
		return kernels.Generate()
	case "wit":
		return wit.Generate()
	case "wasm64":
		return kernels.Generate64()
	case "neon":
		return a64.Generate(name, arm64.GemmNeon, arm64.GemmKNeon(), arm64.Floats, arm64.Limits(arm64.Smlal))
	case "dotprod":
		return a64.Generate(name, arm64.GemmDotprod, arm64.GemmKDotprod(), arm64.Limits(arm64.Sdot))
	case "i8mm":
		return a64.Generate(name, arm64.GemmI8mm, arm64.GemmKI8mm(), arm64.Limits(arm64.Smmla))
	}
	return fmt.Errorf("no tier %q", name)
}
