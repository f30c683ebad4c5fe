package llama

import (
	"slices"

	"github.com/querent-ai/chord/simd"
)

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

type chooseJob pass

// choose sets the routes' chosen experts and their weights for every row of n.
func (p *pass) choose(n []float32, rows int, w *mixture) {
	r, c := &p.routes, p.c
	r.router = grow(r.router, rows*c.Experts)
	r.chosen, r.weight = grow(r.chosen, rows*c.ExpertsUsed), grow(r.weight, rows*c.ExpertsUsed)
	p.mul(n, product{r.router, &w.GateInp})
	if p.ok() {
		p.pool.Run(rows, rowStep, (*chooseJob)(p))
	}
}

func (p *chooseJob) Do(_, lo, hi int) {
	r, c := &p.routes, p.c
	for i := lo; i < hi; i++ {
		router := row(r.router, i, c.Experts)
		chosen, weight := row(r.chosen, i, c.ExpertsUsed), row(r.weight, i, c.ExpertsUsed)
		if p.fam.experts != expertsSoftmax {
			simd.Softmax(router)
		}
		best(chosen, router)
		for k, e := range chosen {
			weight[k] = router[e]
		}
		switch p.fam.experts {
		case expertsSoftmax:
			simd.Softmax(weight)
		case expertsSumToOne:
			normalize(weight)
		}
		simd.Scale(weight, c.ExpertScale)
	}
}

// best sets chosen to the indices of the largest of x, in rising order; of
// equal ones the lower index is chosen, and NaN last.
func best(chosen []int, x []float32) {
	n := 0
	for i, v := range x {
		if n == len(chosen) && !above(v, x[chosen[n-1]]) {
			continue
		}
		n = min(n+1, len(chosen))
		k := n - 1
		for ; k > 0 && above(v, x[chosen[k-1]]); k-- {
			chosen[k] = chosen[k-1]
		}
		chosen[k] = i
	}
	slices.Sort(chosen)
}

// above reports whether a is larger than b, or b no number.
func above(a, b float32) bool { return a > b || b != b && a == a }

// minWeights is the least that weights are divided by, f16's smallest normal
// number, as in llama.cpp.
const minWeights = 1.0 / (1 << 14)

// normalize divides weights by their sum.
func normalize(w []float32) {
	sum := float32(0)
	for _, v := range w {
		sum += v
	}
	sum = max(sum, minWeights)
	for i := range w {
		w[i] /= sum
	}
}

// sortRoutes gives every choice its place among the routes.
func (p *pass) sortRoutes(rows int) {
	r, used := &p.routes, p.c.ExpertsUsed
	r.first, r.next = grow(r.first, p.c.Experts+1), grow(r.next, p.c.Experts)
	r.row, r.at = grow(r.row, rows*used), grow(r.at, rows*used)
	clear(r.first)
	if !p.ok() { // nothing may have been chosen
		r.row = r.row[:0]
		return
	}
	for _, e := range r.chosen {
		r.first[e+1]++
	}
	for e := range p.c.Experts {
		r.first[e+1] += r.first[e]
		r.next[e] = r.first[e]
	}
	for k, e := range r.chosen {
		r.at[k] = r.next[e]
		r.row[r.next[e]] = k / used
		r.next[e]++
	}
}

type gatherJob pass

// gather copies the rows of n to the routes.
func (p *pass) gather(n []float32) {
	r := &p.routes
	r.in, r.out = grow(r.in, len(r.row)*p.c.Dim), grow(r.out, len(r.row)*p.c.Dim)
	if p.ok() {
		p.src = n
		p.pool.Run(len(r.row), rowStep, (*gatherJob)(p))
	}
}

func (p *gatherJob) Do(_, lo, hi int) {
	for k := lo; k < hi; k++ {
		copy(row(p.routes.in, k, p.c.Dim), row(p.src, p.routes.row[k], p.c.Dim))
	}
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
