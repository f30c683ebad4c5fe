package simd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// Every product kernel, for every number of tokens, stays inside its
// arguments, at both ends and at any alignment, and leaves its inputs alone.
func TestGemmStaysInside(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, im := range tiers() {
		for typ := range packings {
			for tokens := 1; tokens <= im.panel; tokens++ {
				for _, s := range []struct{ blocks, tiles int }{{1, 1}, {2, 1}, {3, 2}, {7, 3}} {
					name := fmt.Sprintf("%v %s tokens=%d %+v", typ, im.name, tokens, s)
					for _, m := range append(fences(t), &between{}, &between{off: 1}, &between{off: 15}) {
						gemmInside(t, rng, im, typ, tokens, s.blocks, s.tiles, m, name)
					}
				}
			}
		}
	}
}

func gemmInside(t *testing.T, rng *rand.Rand, im *impl, typ quant.Type, tokens, blocks, tiles int, m memory, name string) {
	t.Helper()
	use(t, im)
	cols := 32 * blocks
	w, err := NewMatrix(nil, randomBlocks(rng, typ, tileRows*tiles, cols), nil)
	if err != nil {
		t.Fatal(err)
	}
	var a Acts
	a.Set(randomFloats(rng, tokens*cols), tokens, cols)
	a.want(nil, blocks32)
	rec, _ := a.panel(0)
	acts := at[byte](rec, 0, tokens*blocks*recordBytes)

	stride := tileRows*tiles + 3
	weights, records := placed(m, w.data), placed(m, acts)
	dst := elems[float32](m, (tokens-1)*stride+tileRows*tiles)
	want := make([]float32, len(dst))
	im.gemm[typ][tokens-1](&dst[0], stride, &weights[0], &records[0], blocks, tiles)
	generic.gemm[typ][tokens-1](&want[0], stride, &w.data[0], rec, blocks, tiles)
	for i := range tokens {
		at := i * stride
		sameBits(t, name, dst[at:at+tileRows*tiles], want[at:at+tileRows*tiles])
	}
	if !bytes.Equal(weights, w.data) || !bytes.Equal(records, acts) {
		t.Fatalf("%s: an input was written to", name)
	}
	m.check(t)
}

// Packing reads only its sixteen rows and writes only its tile.
func TestPackStaysInside(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, im := range tiers() {
		for typ, pack := range im.pack {
			for _, blocks := range []int{1, 2, 5} {
				for _, m := range append(fences(t), &between{off: 1}, &between{off: 7}) {
					n := blocks * typ.BlockBytes()
					src := placed(m, randomBlocks(rng, typ, tileRows, 32*blocks).Data)
					dst := elems[byte](m, tileRows*n)
					pack(&dst[0], &src[0], n, blocks)
					m.check(t)
					block := make([]byte, typ.BlockBytes())
					for r := range tileRows {
						unpackBlock(block, dst, packings[typ], r)
						if !bytes.Equal(block, src[r*n:][:len(block)]) {
							t.Fatalf("%v %s: row %d is wrong", typ, im.name, r)
						}
					}
				}
			}
		}
	}
}
