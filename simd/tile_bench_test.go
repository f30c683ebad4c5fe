package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// BenchmarkTile is one call of a kernel, two tiles of sixteen rows: what
// benchdata/arm64.sh counts the instructions of. Integers are those of spread
// tiles.
func BenchmarkTile(b *testing.B) {
	for _, im := range tiers() {
		use(b, im)
		for _, typ := range allTypes() {
			if fns := im.gemm[typ]; fns != nil {
				benchmarkTile(b, im, typ.String(), typ, fns)
			}
		}
		if im.integers != nil {
			benchmarkTile(b, im, "Integers", quant.IQ2_XXS, im.integers)
		}
	}
}

// benchmarkTile multiplies tiles of typ with one token and with a panel.
func benchmarkTile(b *testing.B, im *impl, name string, typ quant.Type, fns []gemmFunc) {
	const cols = 2048
	for _, tokens := range []int{1, kinds[typ].panel()} {
		b.Run(fmt.Sprintf("type=%s/cols=%d/tokens=%d/impl=%s", name, cols, tokens, im.name), func(b *testing.B) {
			use(b, im)
			rng := rand.New(rand.NewPCG(1, 1))
			m, err := NewMatrix(nil, randomBlocks(rng, typ, 2*tileRows, cols), nil)
			if err != nil {
				b.Fatal(err)
			}
			w := m.data
			if m.spread {
				w = make([]byte, 2*m.tileBytes())
				for t := range 2 {
					m.spreadTile(w[t*m.tileBytes():], t, new(quant.Ints))
				}
			}
			a, dst := new(Acts), make([]float32, tokens*2*tileRows)
			a.Set(randomFloats(rng, tokens*cols), tokens, cols)
			a.want(nil, kinds[typ])
			acts, _ := a.operand(kinds[typ], 0)
			for b.Loop() {
				fns[tokens-1](&dst[0], 2*tileRows, &w[0], acts, cols/typ.BlockElems(), 2)
			}
		})
	}
}
