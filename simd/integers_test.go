package simd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// integerFills are the quants and scales of random blocks: the whole range that
// kernels of spread tiles take, and its ends, whose sums are the largest.
var integerFills = []struct {
	name   string
	quants []int8
	scales []int32
}{
	{"any", nil, nil},
	{"least", []int8{-64}, []int32{-128}},
	{"most", []int8{63}, []int32{127}},
	{"least and most", []int8{-64}, []int32{127}},
	{"ends", []int8{-64, 63}, []int32{-128, 127}},
}

// The kernels of spread tiles, for every number of tokens, multiply all integers
// that they take in the canonical order, stay inside their arguments, at
// both ends and at any alignment, and do not change their inputs.
func TestIntegers(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	for _, im := range products() {
		use(t, im)
		if im == &generic {
			continue // it spreads no tiles
		}
		for tokens := 1; tokens <= blocks256.panel(); tokens++ {
			for _, s := range []struct{ blocks, tiles int }{{1, 1}, {2, 1}, {3, 2}} {
				for fill := range integerFills {
					name := fmt.Sprintf("%s tokens=%d %+v %s", im.name, tokens, s, integerFills[fill].name)
					for _, m := range append(fences(t), &between{}, &between{off: 1}, &between{off: 15}) {
						integersInside(t, rng, im, tokens, s.blocks, s.tiles, fill, m, name)
					}
				}
			}
		}
	}
}

// The integers of types that products spread are in the kernels' ranges.
func TestSpreads(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 13))
	n := 0
	for _, typ := range allTypes() {
		if !spreads[typ] {
			continue
		}
		n++
		if typ.BlockElems() != 256 || quant.HasMins(typ) {
			t.Errorf("%v: %d elements a block, minima: %t", typ, typ.BlockElems(), quant.HasMins(typ))
		}
		var v quant.Ints
		for range 200 {
			quant.Integers(&v, typ, randomBlocks(rng, typ, 1, 256).Data)
			for i, q := range v.Q {
				if s := v.Scales[i/16]; q < -64 || q > 63 || s < -128 || s > 127 {
					t.Fatalf("%v: quant %d, scale %d", typ, q, s)
				}
			}
		}
	}
	if n == 0 {
		t.Error("no type fits")
	}
}

func integersInside(t *testing.T, rng *rand.Rand, im *impl, tokens, blocks, tiles, fill int, m memory, name string) {
	t.Helper()
	var a Acts
	a.Set(integerActs(rng, tokens*256*blocks, fill), tokens, 256*blocks)
	a.want(nil, blocks256)
	rec, _ := a.operand(blocks256, 0)
	w, want := integerTiles(rng, &a, blocks, tiles, fill)

	acts := at[byte](rec, 0, operandBytes(blocks256, tokens, 256*blocks))
	stride := tileRows*tiles + 3
	weights, records := placed(m, w), placed(m, acts)
	dst := elems[float32](m, (tokens-1)*stride+tileRows*tiles)
	im.integers[tokens-1](&dst[0], stride, &weights[0], &records[0], blocks, tiles)
	for i := range tokens {
		sameBits(t, name, dst[i*stride:][:tileRows*tiles], want[i])
	}
	if !bytes.Equal(weights, w) || !bytes.Equal(records, acts) {
		t.Fatalf("%s: an input was written to", name)
	}
	m.check(t)
}

// integerActs returns random activations or, where quants are at the ends of
// their range, activations of 1 in one block and -1 in the next.
func integerActs(rng *rand.Rand, n, fill int) []float32 {
	x := randomFloats(rng, n)
	if fill == 0 {
		return x
	}
	for i := range x {
		x[i] = float32(1 - 2*(i/256%2))
	}
	return x
}

// integerTiles returns spread tiles and, by token, a's products with them.
func integerTiles(rng *rand.Rand, a *Acts, blocks, tiles, fill int) (w []byte, want [][]float32) {
	const size = tileRows * spreadBytes
	w, want = make([]byte, tiles*blocks*size), make([][]float32, a.n)
	for i := range want {
		want[i] = make([]float32, tileRows*tiles)
	}
	for r := range tileRows * tiles {
		for b := range blocks {
			v := integerBlock(rng, fill)
			spreadBlock(w[(r/tileRows*blocks+b)*size+r%tileRows*4:], v)
			for i := range want {
				x, _, dx := a.block256(i, b)
				var sum int32
				for g, sc := range v.Scales {
					sum += sc * dotInts(v.Q[16*g:16*g+16], x[16*g:])
				}
				want[i][r] += float32(float32(sum) * float32(v.D*dx))
			}
		}
	}
	return w, want
}

// integerBlock returns a random block of one row.
func integerBlock(rng *rand.Rand, fill int) *quant.Ints {
	v, f := &quant.Ints{D: float32(rng.NormFloat64())}, integerFills[fill]
	for i := range v.Q {
		v.Q[i] = int8(rng.IntN(128) - 64)
		if f.quants != nil {
			v.Q[i] = f.quants[rng.IntN(len(f.quants))]
		}
	}
	for g := range v.Scales {
		v.Scales[g] = int32(rng.IntN(256) - 128)
		if f.scales != nil {
			v.Scales[g] = f.scales[rng.IntN(len(f.scales))]
		}
	}
	return v
}
