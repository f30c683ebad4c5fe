package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/quant"
)

// benchMatrix is a (rows, cols) matrix of random blocks.
func benchMatrix(b *testing.B, p *par.Pool, typ quant.Type, rows, cols int) *Matrix {
	b.Helper()
	m, err := NewMatrix(p, randomBlocks(rand.New(rand.NewPCG(1, 1)), typ, rows, cols), nil)
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// BenchmarkGemm is one tile of sixteen rows, K=4096, with a full panel, all in
// cache: the share of the multiplier's peak that the kernels reach.
func BenchmarkGemm(b *testing.B) {
	for _, typ := range []quant.Type{quant.Q4_0, quant.Q8_0} {
		for _, im := range tiers() {
			for _, tokens := range []int{1, 4, im.panel} {
				b.Run(fmt.Sprintf("type=%v/cols=4096/tokens=%d/cache=L2/impl=%s", typ, tokens, im.name), func(b *testing.B) {
					use(b, im)
					m := benchMatrix(b, nil, typ, 16, 4096)
					var a Acts
					a.Set(make([]float32, tokens*4096), tokens, 4096)
					a.want(nil, blocks32)
					dst := make([]float32, tokens*16)
					fn := im.gemm[typ][tokens-1]
					rec, _ := a.panel(0)
					b.SetBytes(int64(m.Bytes()))
					for b.Loop() {
						fn(&dst[0], 16, &m.data[0], rec, 4096/32, 1)
					}
					b.ReportMetric(float64(2*16*4096*tokens)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "Gop/s")
				})
			}
		}
	}
}
