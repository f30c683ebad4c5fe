package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// An interleaved matrix multiplies like the one it was made from, on tiers
// that take it as it is and on those that take it apart.
func TestInterleave(t *testing.T) {
	for typ := range packings {
		for _, im := range tiers() {
			use(t, im)
			rng := rand.New(rand.NewPCG(11, uint64(typ)))
			cols := 2 * max(typ.BlockElems(), 32)
			w := randomBlocks(rng, typ, 48, cols)
			x := randomFloats(rng, 3*cols)
			v := quant.Matrix{Type: typ.X16(), Rows: w.Rows, Cols: cols, Data: make([]byte, len(w.Data))}
			if err := Interleave(nil, v.Data, w); err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("%v %s", typ, im.name)
			sameBits(t, name, product(t, nil, v, x, 3), product(t, nil, w, x, 3))

			a, err := NewMatrix(nil, v, nil)
			if err != nil {
				t.Fatal(err)
			}
			if kernels := im.gemm[typ] != nil; a.Copied() == kernels {
				t.Errorf("%s: copied is %v, kernels for it %v", name, a.Copied(), kernels)
			}
			row, want := make([]float32, cols), make([]float32, cols)
			for r := range w.Rows {
				a.Row(row, r)
				n := len(w.Data) / w.Rows
				quant.Dequantize(want, typ, w.Data[r*n:(r+1)*n])
				sameBits(t, name, row, want)
			}
		}
	}
}

func TestInterleaveRefuses(t *testing.T) {
	for _, c := range []struct {
		w   quant.Matrix
		dst int
	}{
		{quant.Matrix{Type: quant.Q4_0, Rows: 17, Cols: 32, Data: make([]byte, 17*18)}, 17 * 18},
		{quant.Matrix{Type: quant.Q8_1, Rows: 16, Cols: 32, Data: make([]byte, 16*36)}, 16 * 36},
		{quant.Matrix{Type: quant.Q4_0, Rows: 16, Cols: 32, Data: make([]byte, 16*18)}, 16*18 - 1},
		{quant.Matrix{Type: quant.Q4_0, Rows: 16, Cols: 64, Data: make([]byte, 16*18)}, 16 * 18},
		{quant.Matrix{Type: quant.Q4_0, Rows: 16, Cols: 33, Data: make([]byte, 16*18)}, 16 * 18},
	} {
		if err := Interleave(nil, make([]byte, c.dst), c.w); err == nil {
			t.Errorf("%v %d×%d, %d bytes: no error", c.w.Type, c.w.Rows, c.w.Cols, len(c.w.Data))
		}
	}
	for _, w := range []quant.Matrix{
		{Type: quant.Q4_0.X16(), Rows: 15, Cols: 32, Data: make([]byte, 15*18)},
		{Type: quant.Q8_1.X16(), Rows: 16, Cols: 32, Data: make([]byte, 16*36)},
		{Type: quant.Type(99).X16(), Rows: 16, Cols: 32},
	} {
		if _, err := NewMatrix(nil, w, nil); err == nil {
			t.Errorf("%v of %d rows: no error", w.Type, w.Rows)
		}
	}
}
