package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/internal/ab"
	"github.com/querent-ai/chord/quant"
)

// BenchmarkTier is what a tier is worth: products of one thread beside the same
// ones in generic Go; "of-limit" is how many times as fast they are.
func BenchmarkTier(b *testing.B) {
	for _, typ := range []quant.Type{quant.Q4_0, quant.Q8_0, quant.IQ2_XXS, quant.IQ3_S} {
		for _, im := range tiers() {
			if im.name == generic.name {
				continue
			}
			for _, n := range []int{1, 64} {
				b.Run(fmt.Sprintf("type=%v/rows=128/cols=2048/tokens=%d/impl=%s", typ, n, im.name), func(b *testing.B) {
					tier, plain := productBy(b, im, typ, n), productBy(b, &generic, typ, n)
					work := 2 * 128 * 2048 * float64(n)
					ab.Compare(b, "Gop/s", ab.Side{Do: tier, Work: work}, ab.Side{Do: plain, Work: work})
				})
			}
		}
	}
}

// productBy returns a product of n tokens with 128 rows as im does it; it
// leaves im active until the benchmark ends.
func productBy(b *testing.B, im *impl, typ quant.Type, n int) func() {
	use(b, im)
	m, err := NewMatrix(nil, randomBlocks(rand.New(rand.NewPCG(1, 1)), typ, 128, 2048), nil)
	if err != nil {
		b.Fatal(err)
	}
	a := new(Acts)
	x, y := randomFloats(rand.New(rand.NewPCG(2, 2)), n*2048), make([]float32, n*128)
	return func() {
		active = im
		a.Set(x, n, 2048)
		MatMul(nil, a, Product{y, m})
	}
}
