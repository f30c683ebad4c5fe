package llama

import "github.com/querent-ai/chord/simd"

// A product is one with a matrix, and where it goes.
type product struct {
	dst []float32 // (rows, W.Rows())
	w   *linear
}

// mul sets the products to Scale·(W·x) + Bias for every row of x.
func (p *pass) mul(x []float32, ts ...product) {
	if len(x) == 0 || !p.ok() {
		return
	}
	if p.observe != nil {
		p.observed(x, ts)
	}
	cols := ts[0].w.W.Cols()
	p.acts.Set(x, len(x)/cols, cols)
	p.products = p.products[:0]
	for _, t := range ts {
		p.products = append(p.products, simd.Product{Dst: t.dst, W: t.w.W})
	}
	simd.MatMul(p.pool, &p.acts, p.products...)
	for _, t := range ts {
		p.scale(t.dst, t.w.Scale)
		p.addBias(t.dst, t.w.Bias)
	}
}
