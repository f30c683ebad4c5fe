package simd

import (
	"testing"

	"github.com/querent-ai/chord/quant"
)

// The garbage collector cannot stop a call into assembly: of weights with long
// rows it gets no more than callBytes, or one tile.
func TestCallsAreShort(t *testing.T) {
	for _, s := range []struct{ cols, most int }{{256, 64}, {8192, 2}, {8448, 1}, {32768, 1}} {
		tiles := 4*s.most + 1
		m := &Matrix{typ: quant.F32, rows: tiles * tileRows, cols: s.cols, packed: true, kind: floats}
		m.data = make([]byte, tiles*m.tileBytes())
		most, sum := 0, 0
		m.gemm = []gemmFunc{func(_ *float32, _ int, _, _ *byte, _, n int) { most, sum = max(most, n), sum+n }}
		a, j := new(Acts), new(mulJob)
		a.Set(make([]float32, s.cols), 1, s.cols)
		j.a, j.scratch = a, make([]tileScratch, 1)
		j.tiles(0, Product{make([]float32, m.rows), m}, 0, tiles)
		if most != s.most || sum != tiles {
			t.Errorf("cols=%d: calls of up to %d tiles, %d of %d together, want up to %d", s.cols, most, sum, tiles, s.most)
		}
	}
}
