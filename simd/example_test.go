package simd_test

import (
	"fmt"
	"log"

	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// A matrix of three rows, quantised to four bits a weight, times two tokens.
func Example() {
	const rows, cols, tokens = 3, 64, 2
	weights, x, y := make([]float32, rows*cols), make([]float32, tokens*cols), make([]float32, tokens*rows)
	for i := range weights {
		weights[i] = float32(i/cols + 1) // 1, 2 and 3
	}
	for i := range x {
		x[i] = float32(i/cols) + 0.5 // 0.5 and 1.5
	}
	pool := simd.NewPool(0)
	defer pool.Close()
	w := quant.Matrix{Type: quant.Q4_0, Rows: rows, Cols: cols}
	w.Data = make([]byte, rows*cols/w.Type.BlockElems()*w.Type.BlockBytes())
	quant.Quantize(w.Data, w.Type, weights)
	m, err := simd.NewMatrix(pool, w, nil)
	if err != nil {
		log.Fatal(err)
	}
	var acts simd.Acts
	acts.Set(x, tokens, cols)
	simd.MatMul(pool, &acts, simd.Product{Dst: y, W: m})
	fmt.Printf("%.2f\n%.2f\n", y[:rows], y[rows:])
	// Output:
	// [32.00 64.00 96.00]
	// [96.00 192.00 288.00]
}
