package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkMatMul is a product with a matrix of a real model's size, in every
// type; bytes are those of the weights.
func BenchmarkMatMul(b *testing.B) {
	for _, typ := range allTypes() {
		for _, im := range tiers() {
			if im.gemm[typ] == nil && !spreads[typ] && im.name != active.name {
				continue // the same code in every tier
			}
			for _, n := range []int{1, 64} {
				b.Run(fmt.Sprintf("type=%v/rows=512/cols=2048/tokens=%d/impl=%s", typ, n, im.name), func(b *testing.B) {
					use(b, im)
					rng := rand.New(rand.NewPCG(1, 1))
					m, err := NewMatrix(nil, randomBlocks(rng, typ, 512, 2048), nil)
					if err != nil {
						b.Fatal(err)
					}
					var a Acts
					x, y := randomFloats(rng, n*2048), make([]float32, n*512)
					b.SetBytes(int64(m.Bytes()))
					b.ReportAllocs()
					for b.Loop() {
						a.Set(x, n, 2048)
						MatMul(nil, &a, Product{y, m})
					}
				})
			}
		}
	}
}
