package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// BenchmarkSpread takes a tile of a type without kernels apart, as every product
// with one token does, beside the whole product.
func BenchmarkSpread(b *testing.B) {
	const cols = 2048
	for _, typ := range allTypes() {
		if !spreads[typ] || active.integers == nil {
			continue
		}
		m, err := NewMatrix(nil, randomBlocks(rand.New(rand.NewPCG(1, 1)), typ, 16*tileRows, cols), nil)
		if err != nil {
			b.Fatal(err)
		}
		tile := make([]byte, m.tileBytes())
		b.Run(fmt.Sprintf("type=%v/cols=%d/rows=16", typ, cols), func(b *testing.B) {
			b.SetBytes(int64(tileRows * m.rowBytes()))
			for b.Loop() {
				m.spreadTile(tile, 0, new(quant.Ints))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(tileRows*cols), "ns/weight")
		})
		b.Run(fmt.Sprintf("type=%v/cols=%d/rows=256/tokens=1", typ, cols), func(b *testing.B) {
			a, dst := new(Acts), make([]float32, m.rows)
			a.Set(randomFloats(rand.New(rand.NewPCG(2, 2)), cols), 1, cols)
			b.SetBytes(int64(len(m.data)))
			for b.Loop() {
				MatMul(nil, a, Product{dst, m})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(m.rows*cols), "ns/weight")
		})
	}
}
