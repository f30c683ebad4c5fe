package llama

import "github.com/querent-ai/chord/simd"

// A product is a product with a matrix and its destination.
type product struct {
	dst []float32 // (rows, W.Rows())
	w   *linear
}

// mul sets the destination of every product to Scale·(W·x) + Bias, for every row
// of x, with what the adapters of the row add to W.
func (p *pass) mul(x []float32, ts ...product) { p.mulRows(x, nil, ts...) }

// mulRows is mul for an x that has the given rows of the piece.
func (p *pass) mulRows(x []float32, rowOf []int, ts ...product) {
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
	}
	p.adapt(x, cols, rowOf, ts)
	for _, t := range ts {
		p.addBias(t.dst, t.w.Bias)
	}
}

type scaleJob pass

// scale multiplies dst by the element of s, if there is one.
func (p *pass) scale(dst, s []float32) {
	if len(s) > 0 && p.ok() {
		p.dst, p.arg = dst, s
		p.pool.Run(len(dst), elemStep, (*scaleJob)(p))
	}
}

func (p *scaleJob) Do(_, lo, hi int) { simd.Scale(p.dst[lo:hi], p.arg[0]) }

type biasJob pass

// addBias adds bias, if there is one, to every row of dst.
func (p *pass) addBias(dst, bias []float32) {
	if len(bias) > 0 && p.ok() {
		p.dst, p.arg = dst, bias
		p.pool.Run(len(dst)/len(bias), rowStep, (*biasJob)(p))
	}
}

func (p *biasJob) Do(_, lo, hi int) {
	n := len(p.arg)
	for i := lo; i < hi; i++ {
		simd.Add(p.dst[i*n:(i+1)*n], p.arg)
	}
}

// An Observer is called before each product with a matrix of the model. It gets
// the name of the matrix in the file, the expert (0 if there are none) and the
// input x, (rows, cols), which is valid during the call and must not be changed.
//
// A tensor that holds several matrices, such as attn_qkv, is one call. A matrix
// of an expert gets the rows that the router sends to it; no rows, no call.
type Observer func(tensor string, expert int, x []float32)

// Observe sets the observer of all products from now on; nil removes it. With an
// observer all tokens go through the whole last layer, and those with logits
// through the output matrix. The logits are the same.
func (m *Model) Observe(o Observer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pass.observe = o
}

// observed calls the observer for products with x.
func (p *pass) observed(x []float32, ts []product) {
	for i, t := range ts {
		if i == 0 || t.w.tensor != ts[i-1].w.tensor {
			p.observe(t.w.tensor, t.w.expert, x)
		}
	}
}
