package llama

import "github.com/querent-ai/chord/simd"

// routes say which experts the rows of a piece have chosen. A route is one row
// and one of its experts; routes are sorted by expert, then by row.
type routes struct {
	router []float32 // (rows, Experts): logits, then probabilities
	chosen []int     // (rows, ExpertsUsed): experts, rising
	weight []float32 // (rows, ExpertsUsed)
	first  []int     // (Experts+1,): where each expert's routes start
	next   []int     // (Experts,)
	row    []int     // (routes,)
	at     []int     // (rows, ExpertsUsed): the route of each choice

	in, out []float32 // (routes, Dim)
	shared  []float32 // (rows, Dim)
}

// mixture sets dst to the sum of what the chosen experts make of every row of
// n, each times its weight, and of the shared expert.
func (p *pass) mixture(dst, n []float32, w *mixture) {
	rows := len(n) / p.c.Dim
	p.choose(n, rows, w)
	p.sortRoutes(rows)
	p.gather(n)
	p.expertProducts(n, w)
	if w.Shared.Up.W != nil {
		p.routes.shared = grow(p.routes.shared, len(n))
		p.mlp(p.routes.shared, n, &w.Shared)
	}
	p.combine(dst, n, w)
}

// expertProducts sets the routes' out to their experts of their in. All
// networks' first halves come before the activation, which is one job.
func (p *pass) expertProducts(n []float32, w *mixture) {
	r, dim, hidden := &p.routes, p.c.Dim, p.c.ExpertDim
	for e := range w.Expert {
		lo, hi := r.first[e], r.first[e+1]
		if lo < hi {
			p.mul(r.in[lo*dim:hi*dim],
				product{p.gate[lo*hidden : hi*hidden], &w.Expert[e].Gate},
				product{p.up[lo*hidden : hi*hidden], &w.Expert[e].Up})
		}
	}
	p.act(p.gate[:len(r.row)*hidden], p.up[:len(r.row)*hidden])
	for e := range w.Expert {
		lo, hi := r.first[e], r.first[e+1]
		if lo < hi {
			p.mul(p.gate[lo*hidden:hi*hidden], product{r.out[lo*dim : hi*dim], &w.Expert[e].Down})
		}
	}
}

type combineJob pass

// combine adds up the routes of every row, by rising expert whatever else is
// in the batch.
func (p *pass) combine(dst, n []float32, w *mixture) {
	if p.ok() {
		p.dst, p.src, p.arg = dst, n, w.SharedGate
		p.experts = w
		p.pool.Run(len(n)/p.c.Dim, rowStep, (*combineJob)(p))
	}
}

func (p *combineJob) Do(_, lo, hi int) {
	r, dim, used := &p.routes, p.c.Dim, p.c.ExpertsUsed
	for i := lo; i < hi; i++ {
		dst := row(p.dst, i, dim)
		clear(dst)
		for k, route := range r.at[i*used : (i+1)*used] {
			out := row(r.out, route, dim)
			simd.Scale(out, r.weight[i*used+k])
			simd.Add(dst, out)
		}
		if p.experts.Shared.Up.W == nil {
			continue
		}
		shared := row(r.shared, i, dim)
		if p.experts.SharedGate != nil {
			g := simd.Dot(row(p.src, i, dim), p.experts.SharedGate)
			simd.Scale(shared, 1/(1+simd.Exp(-g)))
		}
		simd.Add(dst, shared)
	}
}
