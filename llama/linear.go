package llama

import "github.com/querent-ai/chord/simd"

// A to says where the product with a matrix goes.
type to struct {
	dst []float32 // (rows, W.Rows())
	w   *linear
}

// mul sets the products to W·x + Bias for every row of x.
func (p *pass) mul(x []float32, ts ...to) {
	if len(p.at) == 0 || !p.ok() {
		return
	}
	p.acts.Set(x, len(p.at), ts[0].w.W.Cols())
	for i, t := range ts {
		p.products[i] = simd.Product{Dst: t.dst, W: t.w.W}
	}
	simd.MatMul(p.pool, &p.acts, p.products[:len(ts)]...)
	for _, t := range ts {
		p.addBias(t.dst, t.w.Bias)
	}
}
