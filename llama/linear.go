package llama

import (
	"time"

	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// A to says where the product with a matrix goes.
type to struct {
	dst []float32 // (rows, W.Rows())
	w   *linear
}

// mul sets the products to W·x + Bias for every row of x, a slice of rows at a
// time, so that a context that is done need not wait for all of them. A row's
// result does not depend on the slice that it is in.
func (p *pass) mul(x []float32, ts ...to) {
	cols, work := ts[0].w.W.Cols(), 0
	for _, t := range ts {
		work += t.w.W.Rows() * cols
	}
	typ := ts[0].w.W.Type()
	for lo, hi := 0, 0; lo < len(p.at) && p.ok(); lo = hi {
		hi = min(lo+p.pace.rows(typ, work), len(p.at))
		p.acts.Set(x[lo*cols:hi*cols], hi-lo, cols)
		for i, t := range ts {
			n := t.w.W.Rows()
			p.products[i] = simd.Product{Dst: t.dst[lo*n : hi*n], W: t.w.W}
		}
		start := time.Now()
		simd.MatMul(p.pool, &p.acts, p.products[:len(ts)]...)
		p.pace.saw(typ, work*(hi-lo), time.Since(start))
	}
	for _, t := range ts {
		p.addBias(t.dst, t.w.Bias)
	}
}

// slice is how long a matrix product should go on without a look at the
// context: well below the 50 ms that a caller may have to wait.
const slice = 20 * time.Millisecond

// firstPace is taken of a type that has not been seen: a slow core's.
const firstPace = 1.0

// A pace knows how fast products with weights of each type go, in nanoseconds
// a weight and row.
type pace map[quant.Type]float64

// rows returns how many rows of work weights each fit a slice, at least 1.
func (p pace) rows(typ quant.Type, work int) int {
	ns, ok := p[typ]
	if !ok {
		ns = firstPace
	}
	n := int(min(float64(slice)/(ns*float64(work)), pieceTokens))
	return max(n&^7, min(n, 7), 1)
}

// saw learns that products with work weights (times rows) took d.
func (p pace) saw(typ quant.Type, work int, d time.Duration) {
	p[typ] = float64(d) / float64(work)
}
