package llama

import (
	"slices"

	"github.com/querent-ai/chord/simd"
)

// routes are the choices of a router for the rows of a piece. A route is one row
// and one of its experts. Routes are sorted by expert, then by row.
type routes struct {
	experts, used, dim int // how many there are and a row has, and their HiddenDim

	router []float32 // (rows, Experts): the router's logits, then probabilities
	score  []float32 // (rows, Experts): by which experts are chosen
	chosen []int     // (rows, ExpertsUsed): experts, in rising order
	weight []float32 // (rows, ExpertsUsed)
	first  []int     // (Experts+1,): the first route of each expert
	next   []int     // (Experts,): scratch of sortRoutes

	rowOf   []int // (routes,)
	routeOf []int // (rows, ExpertsUsed)

	in, out []float32 // (routes, Dim): input and output of the experts
	shared  []float32 // (rows, Dim): output of the shared expert

	routed, beside []float32 // (rows, Dim): input of a router with a norm; output of a mixture beside a dense network
}

// denseAndExperts sets every row of dst to the sum of a dense network's output and
// a mixture's, each normed, of differently normed inputs.
func (p *pass) denseAndExperts(dst, n []float32, w *blk) {
	p.mlp(dst, n, &w.FFN)
	p.norm(dst, dst, w.Experts.DenseNorm)
	n = p.norm(p.n, p.x, w.Experts.PreNorm)
	p.routes.beside = grow(p.routes.beside, len(n))
	p.mixture(p.routes.beside, n, w.Experts)
	p.add(dst, p.norm(p.routes.beside, p.routes.beside, w.Experts.PostNorm))
}

// mixture sets every row of dst to Σ weight[e] · expert[e](n) over the chosen
// experts e, plus the output of the shared expert.
func (p *pass) mixture(dst, n []float32, w *mixture) {
	rows := len(n) / p.c.Dim
	p.routes.experts, p.routes.used, p.routes.dim = p.c.Experts, p.c.ExpertsUsed, p.c.ExpertDim
	p.choose(n, rows, w)
	p.runRoutes(n, rows, w)
	if w.Shared.Up.W != nil {
		p.routes.shared = grow(p.routes.shared, len(n))
		p.mlp(p.routes.shared, n, &w.Shared)
	}
	p.combine(dst, n, w)
	if w.Adjugate != nil {
		p.adjugate(dst, rows, w.Adjugate)
	}
}

// runRoutes computes the output of every route.
func (p *pass) runRoutes(n []float32, rows int, w *mixture) {
	p.sortRoutes(rows)
	p.gather(n)
	p.expertProducts(w)
}

// topK sets chosen to the indices of the largest elements of x, in rising order.
// Of equal elements the lower index is chosen; NaN is the smallest.
func topK(chosen []int, x []float32) {
	n := 0
	for i, v := range x {
		if n == len(chosen) && !greater(v, x[chosen[n-1]]) {
			continue
		}
		n = min(n+1, len(chosen))
		k := n - 1
		for ; k > 0 && greater(v, x[chosen[k-1]]); k-- {
			chosen[k] = chosen[k-1]
		}
		chosen[k] = i
	}
	slices.Sort(chosen)
}

// greater reports whether a is larger than b, or b is NaN and a is not.
func greater(a, b float32) bool { return a > b || b != b && a == a }

// minWeightSum is the smallest divisor of the weights, f16's smallest normal
// number, as in llama.cpp.
const minWeightSum = 1.0 / (1 << 14)

// normalize divides weights by their sum.
func normalize(w []float32) {
	sum := float32(0)
	for _, v := range w {
		sum += v
	}
	sum = max(sum, minWeightSum)
	for i := range w {
		w[i] /= sum
	}
}

// sortRoutes sorts the routes by expert.
func (p *pass) sortRoutes(rows int) {
	r, used := &p.routes, p.routes.used
	r.first, r.next = grow(r.first, r.experts+1), grow(r.next, r.experts)
	r.rowOf, r.routeOf = grow(r.rowOf, rows*used), grow(r.routeOf, rows*used)
	clear(r.first)
	if !p.ok() { // chosen may be unset
		r.rowOf = r.rowOf[:0]
		return
	}
	for _, e := range r.chosen {
		r.first[e+1]++
	}
	for e := range r.experts {
		r.first[e+1] += r.first[e]
		r.next[e] = r.first[e]
	}
	for k, e := range r.chosen {
		r.routeOf[k] = r.next[e]
		r.rowOf[r.next[e]] = k / used
		r.next[e]++
	}
}

type gatherJob pass

// gather copies the rows of n to the routes' input.
func (p *pass) gather(n []float32) {
	r := &p.routes
	r.in, r.out = grow(r.in, len(r.rowOf)*p.c.Dim), grow(r.out, len(r.rowOf)*p.c.Dim)
	if p.ok() {
		p.src = n
		p.pool.Run(len(n)/p.c.Dim, rowStep, (*gatherJob)(p))
	}
}

func (p *gatherJob) Do(_, lo, hi int) {
	r, dim, used := &p.routes, p.c.Dim, p.routes.used
	for i := lo; i < hi; i++ {
		for k, route := range r.routeOf[i*used : (i+1)*used] {
			in := row(r.in, route, dim)
			copy(in, row(p.src, i, dim))
			if p.fam.weightInput {
				simd.Scale(in, r.weight[i*used+k])
			}
		}
	}
}

// expertProducts sets the output of every route to its expert of the input. The
// activation is one job for all experts, between their first and second
// products.
func (p *pass) expertProducts(w *mixture) {
	r, dim, hidden := &p.routes, p.c.Dim, p.routes.dim
	for e := range w.Expert {
		lo, hi := r.first[e], r.first[e+1]
		switch {
		case lo == hi:
		case w.Expert[e].Gate.W == nil:
			p.mulRows(r.in[lo*dim:hi*dim], r.rowOf[lo:hi], product{p.gate[lo*hidden : hi*hidden], &w.Expert[e].Up})
		default:
			p.mulRows(r.in[lo*dim:hi*dim], r.rowOf[lo:hi],
				product{p.gate[lo*hidden : hi*hidden], &w.Expert[e].Gate},
				product{p.up[lo*hidden : hi*hidden], &w.Expert[e].Up})
		}
	}
	up := p.up[:len(r.rowOf)*hidden]
	if w.Expert[0].Gate.W == nil {
		up = nil
	}
	p.actWithin(p.gate[:len(r.rowOf)*hidden], up, p.c.Layer[p.layer].ExpertClamp)
	for e := range w.Expert {
		lo, hi := r.first[e], r.first[e+1]
		if lo < hi {
			p.mulRows(p.gate[lo*hidden:hi*hidden], r.rowOf[lo:hi], product{r.out[lo*dim : hi*dim], &w.Expert[e].Down})
		}
	}
}

type combineJob pass

// combine adds up the outputs of every row's routes, in rising order of the
// experts, so that the sum does not depend on the batch.
func (p *pass) combine(dst, n []float32, w *mixture) {
	if p.ok() {
		p.dst, p.src, p.arg = dst, n, w.SharedGate
		p.mixtureWeights = w
		p.pool.Run(len(n)/p.c.Dim, rowStep, (*combineJob)(p))
	}
}

func (p *combineJob) Do(_, lo, hi int) {
	r, dim, used := &p.routes, p.c.Dim, p.routes.used
	for i := lo; i < hi; i++ {
		dst := row(p.dst, i, dim)
		clear(dst)
		for k, route := range r.routeOf[i*used : (i+1)*used] {
			out := row(r.out, route, dim)
			if !p.fam.weightInput {
				simd.Scale(out, r.weight[i*used+k])
			}
			simd.Add(dst, out)
		}
		if p.mixtureWeights.Shared.Up.W == nil {
			continue
		}
		shared := row(r.shared, i, dim)
		if p.mixtureWeights.SharedGate != nil {
			g := simd.Dot(row(p.src, i, dim), p.mixtureWeights.SharedGate)
			simd.Scale(shared, 1/(1+simd.Exp(-g)))
		}
		simd.Add(dst, shared)
		if p.fam.sharedHalf {
			simd.Scale(dst, 0.5)
		}
	}
}
