package simd

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// fillBlocks sets every byte of w's blocks but the f16 scales.
func fillBlocks(w quant.Matrix, next func() byte) {
	size := w.Type.BlockBytes()
	for i := range w.Data {
		if at := i % size; !slices.Contains(scaleOffsets[w.Type], at) && !slices.Contains(scaleOffsets[w.Type], at-1) {
			w.Data[i] = next()
		}
	}
}

// The largest quants, scales and activations of K-quants: no sum overflows on
// its way to int32, and all tiers round it alike.
func TestKQuantExtremes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for typ, k := range kinds {
		if k != blocks256 {
			continue
		}
		bytes := []byte{0x00, 0x0f, 0x1f, 0x3f, 0x7f, 0x80, 0x81, 0xc0, 0xf0, 0xf3, 0xff}
		for n := range len(bytes) + 1 {
			w := randomBlocks(rng, typ, 16, 512)
			fillBlocks(w, func() byte {
				if n == len(bytes) {
					return bytes[rng.IntN(n)]
				}
				return bytes[n]
			})
			for _, name := range []string{"1", "-1", "±1"} {
				x := make([]float32, 5*512)
				for i := range x {
					x[i] = map[string]float32{"1": 1, "-1": -1, "±1": float32(2*rng.IntN(2) - 1)}[name]
				}
				use(t, &generic)
				want := product(t, nil, w, x, 5)
				for _, im := range products() {
					use(t, im)
					sameBits(t, fmt.Sprintf("%v %s fill %d of %s", typ, im.name, n, name), product(t, nil, w, x, 5), want)
				}
			}
		}
	}
}

// Every byte at changing places, so that every scale meets every quant's bits.
func TestKQuantEveryByte(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for typ, k := range kinds {
		if k != blocks256 {
			continue
		}
		for v := range 256 {
			w := randomBlocks(rng, typ, 16, 256)
			n := 0
			fillBlocks(w, func() byte { n++; return byte(v + n*n>>4) })
			x := randomFloats(rng, 3*256)
			use(t, &generic)
			want := product(t, nil, w, x, 3)
			for _, im := range products() {
				use(t, im)
				sameBits(t, fmt.Sprintf("%v %s byte %d", typ, im.name, v), product(t, nil, w, x, 3), want)
			}
		}
	}
}
