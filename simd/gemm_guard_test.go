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
	for _, im := range products() {
		for typ := range im.gemm {
			use(t, im)
			for tokens := 1; tokens <= kinds[typ].panel(); tokens++ {
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
	cols, rows := typ.BlockElems()*blocks, tileRows*tiles
	plain, x := randomBlocks(rng, typ, rows, cols), randomFloats(rng, tokens*cols)
	use(t, &generic)
	want := product(t, nil, plain, x, tokens)
	use(t, im)
	w, err := NewMatrix(nil, plain, nil)
	if err != nil {
		t.Fatal(err)
	}
	var a Acts
	a.Set(x, tokens, cols)
	a.want(nil, kinds[typ])
	rec, _ := a.operand(kinds[typ], 0)
	acts := at[byte](rec, 0, operandBytes(kinds[typ], tokens, cols))

	stride := tileRows*tiles + 3
	weights, records := placed(m, w.data), placed(m, acts)
	dst := elems[float32](m, (tokens-1)*stride+tileRows*tiles)
	im.gemm[typ][tokens-1](&dst[0], stride, &weights[0], &records[0], blocks, tiles)
	for i := range tokens {
		sameBits(t, name, dst[i*stride:i*stride+rows], want[i*rows:(i+1)*rows])
	}
	if !bytes.Equal(weights, w.data) || !bytes.Equal(records, acts) {
		t.Fatalf("%s: an input was written to", name)
	}
	m.check(t)
}

// operandBytes is the size of what Acts.operand returns.
func operandBytes(k kind, tokens, cols int) int {
	if k == floats {
		return 4 * tokens * cols
	}
	if k == blocks256 {
		return tokens * cols / 256 * recordBytes256
	}
	return tokens * cols / 32 * recordBytes
}

// Packing reads only its sixteen rows and writes only its tile.
func TestPackStaysInside(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, im := range tiers() {
		for typ, pack := range im.pack {
			for _, blocks := range []int{1, 2, 5} {
				for _, m := range append(fences(t), &between{off: 1}, &between{off: 7}) {
					n := blocks * typ.BlockBytes()
					src := placed(m, randomBlocks(rng, typ, tileRows, typ.BlockElems()*blocks).Data)
					dst := elems[byte](m, tileRows*n)
					pack(&dst[0], &src[0], n, blocks)
					m.check(t)
					block := make([]byte, typ.BlockBytes())
					for i := range tileRows * blocks {
						r, b := i%tileRows, i/tileRows
						unpackBlock(block, dst[b*tileRows*len(block):], packings[typ], r)
						if !bytes.Equal(block, src[r*n+b*len(block):][:len(block)]) {
							t.Fatalf("%v %s: row %d block %d is wrong", typ, im.name, r, b)
						}
					}
				}
			}
		}
	}
}
