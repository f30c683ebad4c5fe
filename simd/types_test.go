package simd

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// Every type that package quant can take apart has a row in gen/layout, which
// says the same of its blocks.
func TestRows(t *testing.T) {
	for typ := range quant.Type(1 << 10) {
		row, ok := rows[typ]
		if want := [2]int{typ.BlockElems(), typ.BlockBytes()}; ok && row != want {
			t.Errorf("gen/layout/types.go: %v has %d columns in %d bytes, package quant has %d in %d", typ, row[0], row[1], want[0], want[1])
		}
		if quant.CanDequantize(typ) && !ok {
			t.Errorf("gen/layout/types.go: no row for %v", typ)
		}
		if ok && !quant.CanDequantize(typ) {
			t.Errorf("gen/layout/types.go: a row for %v, which package quant cannot take apart", typ)
		}
	}
}

// Tests make blocks of every type of random bytes with scales of ordinary size.
func TestRandomBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, typ := range allTypes() {
		const blocks = 200
		w := randomBlocks(rng, typ, blocks, typ.BlockElems())
		x := make([]float32, blocks*typ.BlockElems())
		quant.Dequantize(x, typ, w.Data)
		for _, v := range x {
			if math.IsNaN(float64(v)) || math.Abs(float64(v)) > 1e5 {
				t.Errorf("%v: a weight of %g: a row of gen/layout without Scales, or setScales lacks the type", typ, v)
				break
			}
		}
	}
}
