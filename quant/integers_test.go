package quant_test

import (
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// TestIntegers: any bytes are integers of the promised sizes, whose products are
// the values.
func TestIntegers(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, typ := range types(quant.HasIntegers) {
		t.Run(typ.String(), func(t *testing.T) {
			block, x := make([]byte, typ.BlockBytes()), make([]float32, 256)
			for range 300 {
				for i := range block {
					block[i] = byte(rng.Uint32())
				}
				var q [256]int8
				var scales [16]int32
				d := quant.Integers(typ, block, &q, &scales)
				quant.Dequantize(x, typ, block)
				for i, v := range x {
					s := scales[i/16]
					if s < 1 || s > 31 || q[i] == 0 || q[i] < -62 || q[i] > 62 {
						t.Fatalf("element %d: scale %d, quant %d", i, s, q[i])
					}
					want := float64(d) * float64(s) * float64(q[i])
					if float64(v) != want && (v == v || want == want) {
						t.Fatalf("element %d: %g is not %g·%d·%d", i, v, d, s, q[i])
					}
				}
			}
		})
	}
}

func TestIntegersPanics(t *testing.T) {
	var q [256]int8
	var scales [16]int32
	for name, call := range map[string]func(){
		"other type":  func() { quant.Integers(quant.Q4_K, make([]byte, 144), &q, &scales) },
		"short block": func() { quant.Integers(quant.IQ2_XXS, make([]byte, 100)[:65], &q, &scales) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}
