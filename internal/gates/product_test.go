package gates

import (
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// product multiplies the activations (tokens, cols) with a matrix (rows, cols) in
// Q4_0: it quantises the activations and computes x·Wᵀ, as every product in chord
// does.
func product(tokens, cols, rows int) func(b *testing.B) {
	return func(b *testing.B) {
		m := weights(b, rows, cols)
		x, y := floats(tokens*cols), make([]float32, tokens*rows)
		var a simd.Acts
		b.SetBytes(int64(m.Bytes()))
		for b.Loop() {
			a.Set(x, tokens, cols)
			simd.MatMul(nil, &a, simd.Product{Dst: y, W: m})
		}
	}
}

// weights returns a random matrix whose rows repeat after 16.
func weights(b *testing.B, rows, cols int) *simd.Matrix {
	n, err := quant.Q4_0.RowBytes(cols)
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(2, 2))
	few, data := make([]byte, 16*n), make([]byte, 0, rows*n)
	row := make([]float32, cols)
	for r := range 16 {
		for i := range row {
			row[i] = float32(rng.NormFloat64())
		}
		quant.Quantize(few[r*n:][:n], quant.Q4_0, row)
	}
	for len(data) < rows*n {
		data = append(data, few[:min(len(few), rows*n-len(data))]...)
	}
	m, err := simd.NewMatrix(nil, quant.Matrix{Type: quant.Q4_0, Rows: rows, Cols: cols, Data: data}, nil)
	if err != nil {
		b.Fatal(err)
	}
	return m
}
