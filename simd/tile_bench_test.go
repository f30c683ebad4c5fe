package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkTile is one call of a kernel, two tiles of sixteen rows: what
// benchdata/arm64.sh counts the instructions of.
func BenchmarkTile(b *testing.B) {
	for _, typ := range allTypes() {
		for _, im := range tiers() {
			if im.gemm[typ] == nil {
				continue
			}
			use(b, im)
			for _, tokens := range []int{1, kinds[typ].panel()} {
				b.Run(fmt.Sprintf("type=%v/cols=2048/tokens=%d/impl=%s", typ, tokens, im.name), func(b *testing.B) {
					use(b, im)
					const cols = 2048
					rng := rand.New(rand.NewPCG(1, 1))
					m, err := NewMatrix(nil, randomBlocks(rng, typ, 2*tileRows, cols), nil)
					if err != nil {
						b.Fatal(err)
					}
					a, dst := new(Acts), make([]float32, tokens*2*tileRows)
					a.Set(randomFloats(rng, tokens*cols), tokens, cols)
					a.want(nil, kinds[typ])
					acts, _ := a.operand(kinds[typ], 0)
					for b.Loop() {
						im.gemm[typ][tokens-1](&dst[0], 2*tileRows, &m.data[0], acts, cols/typ.BlockElems(), 2)
					}
				})
			}
		}
	}
}
