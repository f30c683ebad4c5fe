package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// vectorBenchmarks are the kernels at the sizes of real models: heads of 64 and
// 128, a block of 256 positions, layers of 2048 and 8192, a vocabulary.
var vectorBenchmarks = []struct {
	kernel string
	n      int
}{
	{"Dot", 4096},
	{"ToF16", 512}, {"FromF16", 4096}, {"Add", 4096}, {"ScaleMul", 4096}, {"Scale", 256},
	{"Max", 256}, {"Max", 32000}, {"Above", 32000}, {"ExpSum", 256}, {"ExpSum", 32000},
	{"SiLUMul", 8192}, {"GELUMul", 8192}, {"RoPEHalves", 64}, {"RoPE", 32}, {"RoPE", 64},
}

// BenchmarkVector is what the functions of impl take for arguments in cache;
// bytes are those of all arguments.
func BenchmarkVector(b *testing.B) {
	for _, c := range vectorBenchmarks {
		for _, im := range tiers() {
			b.Run(fmt.Sprintf("fn=%s/cols=%d/cache=L2/impl=%s", c.kernel, c.n, im.name), func(b *testing.B) {
				k := named(c.kernel)
				o := k.operands(c.n, rand.New(rand.NewPCG(1, 1)), ordinary)
				o.s = 1
				bytes := 0
				for _, x := range o.f {
					bytes += 4 * len(x)
				}
				for _, x := range o.h {
					bytes += 2 * len(x)
				}
				b.SetBytes(int64(bytes))
				b.ReportAllocs()
				for b.Loop() {
					k.run(im, o)
				}
			})
		}
	}
}

// named returns the kernel of that name.
func named(name string) kernel {
	for _, k := range kernels {
		if k.name == name {
			return k
		}
	}
	panic("no kernel " + name)
}

func BenchmarkArgmax(b *testing.B) {
	x := randomFloats(rand.New(rand.NewPCG(1, 1)), 128256)
	for _, im := range tiers() {
		b.Run(fmt.Sprintf("cols=%d/cache=L2/impl=%s", len(x), im.name), func(b *testing.B) {
			use(b, im)
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				Argmax(x)
			}
		})
	}
}
