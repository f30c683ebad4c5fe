//go:build amd64 && !purego

package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/internal/ab"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/quant"
)

// BenchmarkBatch multiplies a matrix of 512 MB, K=4096, with the tokens of a few
// sequences beside a product with one token: of-limit is how many tokens are
// done in the time of one.
func BenchmarkBatch(b *testing.B) {
	data, err := mmap.Alloc(ramBytes)
	if err != nil {
		b.Fatal(err)
	}
	defer mmap.Free(data)
	for _, typ := range []quant.Type{quant.Q4_0, quant.Q8_0, quant.Q4_K, quant.Q6_K} {
		m := ramMatrix(typ, data)
		m.gemm = active.gemm[typ]
		for _, threads := range []int{1, 2} {
			p := NewPool(threads)
			for _, n := range []int{2, 4, 8} {
				b.Run(fmt.Sprintf("type=%v/cols=4096/cache=ram/threads=%d/tokens=%d/impl=%s", typ, threads, n, active.name), func(b *testing.B) {
					work := float64(len(m.data))
					ab.Compare(b, "GB/s", ab.Side{Do: batchRAM(p, m, n), Work: work * float64(n)}, ab.Side{Do: batchRAM(p, m, 1), Work: work})
				})
			}
			p.Close()
		}
	}
}

func batchRAM(p *Pool, m *Matrix, n int) func() {
	a := new(Acts)
	x, y := randomFloats(rand.New(rand.NewPCG(3, 3)), n*m.cols), make([]float32, n*m.rows)
	return func() {
		a.Set(x, n, m.cols)
		MatMul(p, a, Product{y, m})
	}
}
