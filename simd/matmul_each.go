package simd

// HeadActs are the activations of several matrices of one shape, each with its own:
// the heads of a layer. The zero value is ready; it keeps its memory from use to use
// and serves one goroutine at a time.
type HeadActs struct {
	acts     []Acts
	products []Product
	scratch  []tileScratch
}

// Set makes h the activations x, (heads, n, cols) row-major: n tokens of each head.
// x must stay unchanged until the products are done. It panics if len(x) is not
// heads·n·cols.
func (h *HeadActs) Set(x []float32, heads, n, cols int) {
	checkLen("HeadActs.Set", len(x), heads*n*cols)
	for len(h.acts) < heads {
		h.acts = append(h.acts, Acts{})
	}
	h.acts = h.acts[:heads]
	for i := range h.acts {
		h.acts[i].Set(x[i*n*cols:(i+1)*n*cols], n, cols)
	}
}

// MatMul sets every product's Dst to what [MatMul] with the activations of its head
// sets it to, bit by bit. All heads are one fork-join on p: for one token, with small
// matrices, most of the time of a fork-join a head would be waiting. It panics unless
// there is a product for each head, and where MatMul does.
func (h *HeadActs) MatMul(p *Pool, products ...Product) {
	checkLen("HeadActs.MatMul", len(products), len(h.acts))
	h.products = append(h.products[:0], products...)
	h.scratch = grow(h.scratch, p.Threads())
	tiles, bytes := 0, 0
	for i, q := range products {
		a := &h.acts[i]
		checkLen("HeadActs.MatMul", q.W.cols, a.cols)
		checkLen("HeadActs.MatMul", len(q.Dst), a.n*q.W.rows)
		a.want(p, q.W.kind)
		a.mul.a, a.mul.scratch = a, h.scratch
		tiles += q.W.tiles()
		bytes += len(q.W.data)
	}
	if tiles > 0 && h.acts[0].n > 0 {
		p.Run(tiles, h.acts[0].mul.step(bytes/tiles), h)
	}
}

// Do computes tiles [lo, hi), those of all heads counted one after the other.
func (h *HeadActs) Do(worker, lo, hi int) {
	for i, q := range h.products {
		tiles := q.W.tiles()
		if lo < tiles && hi > 0 {
			h.acts[i].mul.tiles(worker, q, max(lo, 0), min(hi, tiles))
		}
		lo, hi = lo-tiles, hi-tiles
	}
}
