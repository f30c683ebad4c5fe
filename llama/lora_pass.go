package llama

import "github.com/querent-ai/chord/simd"

// The products of the adapters of a batch.
//
// Rows with the same adapters are a run, so that they share the reads of A and B. A
// product takes two jobs: all A·x, then B·(scale·A·x), which is added to the model's
// own product one adapter after the other. Every row is computed for itself, so its
// bits do not depend on the others.

// loraRows is the number of rows of a part of B, whose products fit the nearest
// caches; runRows is the most rows of a run.
const (
	loraRows = 1024
	runRows  = 32
)

// loras is the state of a pass with adapters.
type loras struct {
	sets  []*AdapterSet // of the piece's tokens
	setOf []int         // (tokens of the piece,): index in sets, -1 for none

	order []int // rows with adapters, sorted by set
	next  []int // (sets,): scratch of sortBySet
	runs  []loraRun
	uses  []loraUse
	inner []loraInner
	outer []loraOuter

	x       []float32 // input of the products
	cols    int
	targets []product
	ax      []float32    // scale·factor·A·x of all inner products
	workers []loraWorker // (threads,)
}

// A loraRun is the rows order[lo:hi], which have the same adapters.
type loraRun struct{ set, lo, hi int }

// A loraUse is an adapter's addition to a product.
type loraUse struct {
	pair *lora
	at   int // of A·x in ax
}

// A loraInner is a product with a stack of A for a run. The result has all rows of
// the first A, then those of the next.
type loraInner struct {
	run   int
	a     *loraStack
	scale float32
	at    int // of the result in ax
}

// A loraOuter is products with one part of B for a run: those of uses[lo:hi], in
// order.
type loraOuter struct{ run, target, part, lo, hi int }

// A loraWorker is the memory of a thread.
type loraWorker struct {
	acts simd.Acts
	x, y []float32
}

// beginAdapters finds the sets of adapters of the piece.
func (p *pass) beginAdapters() {
	s := &p.loras
	clear(s.sets)
	s.sets, s.setOf = s.sets[:0], grow(s.setOf, len(p.tokens))
	for i, t := range p.tokens {
		s.setOf[i] = s.index(t.Adapters)
	}
	if len(s.sets) > 0 && s.workers == nil {
		s.workers = make([]loraWorker, p.pool.Threads())
	}
}

// index returns the index of a set in sets, to which it adds new ones.
func (s *loras) index(set *AdapterSet) int {
	if set == nil {
		return -1
	}
	for i := len(s.sets) - 1; i >= 0; i-- {
		if o := s.sets[i]; o == set || o.key == set.key {
			return i
		}
	}
	s.sets = append(s.sets, set)
	return len(s.sets) - 1
}

// endAdapters drops the references to adapters.
func (s *loras) end() {
	clear(s.sets)
	clear(s.uses)
	clear(s.inner)
	clear(s.targets)
	s.sets, s.x = s.sets[:0], nil
}

// adapt adds to the products of every row of x, (rows, cols), those of its adapters.
// rowOf are the rows of the piece that x has; nil: all.
func (p *pass) adapt(x []float32, cols int, rowOf []int, ts []product) {
	s := &p.loras
	if len(s.sets) == 0 || !p.ok() {
		return
	}
	s.x, s.cols, s.targets = x, cols, append(s.targets[:0], ts...)
	p.sortBySet(len(x)/cols, rowOf)
	s.plan()
	p.pool.Run(len(s.inner), 1, (*innerJob)(p))
	if p.ok() {
		p.pool.Run(len(s.outer), 1, (*outerJob)(p))
	}
}

// rowSet returns the index of the adapters of row i of x, -1 for none.
func (p *pass) rowSet(i int, rowOf []int) int {
	if rowOf != nil {
		i = rowOf[i]
	}
	return p.loras.setOf[p.tokenOf[i]]
}

// sortBySet sorts n rows by their adapters and cuts them into runs.
func (p *pass) sortBySet(n int, rowOf []int) {
	s := &p.loras
	s.next = grow(s.next, len(s.sets)+1)
	clear(s.next)
	for i := range n {
		s.next[p.rowSet(i, rowOf)+1]++
	}
	s.order = grow(s.order, n-s.next[0])
	s.runs = s.runs[:0]
	at := 0
	for k := range s.sets {
		count := s.next[k+1]
		for lo := at; lo < at+count; lo += runRows {
			s.runs = append(s.runs, loraRun{k, lo, min(lo+runRows, at+count)})
		}
		s.next[k+1] = at
		at += count
	}
	for i := range n {
		if k := p.rowSet(i, rowOf); k >= 0 {
			s.order[s.next[k+1]] = i
			s.next[k+1]++
		}
	}
}

// plan lists the products of all runs.
func (s *loras) plan() {
	s.uses, s.inner, s.outer = s.uses[:0], s.inner[:0], s.outer[:0]
	size := 0
	for r, run := range s.runs {
		first := len(s.inner)
		for t := range s.targets {
			lo, id := len(s.uses), s.targets[t].w.id
			parts := 0
			for _, a := range s.sets[run.set].list {
				pair := a.Adapter.pairs[id]
				if pair == nil {
					continue
				}
				n := run.hi - run.lo
				at := s.shared(first, pair.a, a.Scale)
				if at < 0 {
					at = size
					size += n * pair.a.m.Rows()
					s.inner = append(s.inner, loraInner{r, pair.a, a.Scale, at})
				}
				s.uses = append(s.uses, loraUse{pair, at + n*pair.first})
				parts = len(pair.b)
			}
			for part := range parts {
				s.outer = append(s.outer, loraOuter{r, t, part, lo, len(s.uses)})
			}
		}
	}
	s.ax = grow(s.ax, size)
}

// shared returns where the inner products from first on have the product of a, which
// linears with one input share; -1 if they do not.
func (s *loras) shared(first int, a *loraStack, scale float32) int {
	for i := range s.inner[first:] {
		if in := &s.inner[first+i]; in.a == a && in.scale == scale {
			return in.at
		}
	}
	return -1
}

type innerJob pass

func (p *innerJob) Do(worker, lo, hi int) {
	s := &p.loras
	w := &s.workers[worker]
	for _, in := range s.inner[lo:hi] {
		run := s.runs[in.run]
		n := run.hi - run.lo
		width := in.a.m.Rows()
		w.y = grow(w.y, n*width)
		w.acts.Set(w.gather(s.x, s.order[run.lo:run.hi], s.cols), n, s.cols)
		simd.MatMul(nil, &w.acts, simd.Product{Dst: w.y, W: in.a.m})
		for _, part := range in.a.parts {
			ax := s.ax[in.at+n*part.first:][:n*part.rank]
			for i := range n {
				copy(row(ax, i, part.rank), row(w.y, i, width)[part.first:])
			}
			simd.Scale(ax, part.factor*in.scale)
		}
	}
}

// gather returns the given rows of x: x itself where they follow each other.
func (w *loraWorker) gather(x []float32, rows []int, cols int) []float32 {
	n := len(rows)
	if rows[n-1]-rows[0] == n-1 { // they are sorted
		return x[rows[0]*cols : (rows[n-1]+1)*cols]
	}
	w.x = grow(w.x, n*cols)
	for k, i := range rows {
		copy(row(w.x, k, cols), row(x, i, cols))
	}
	return w.x
}

type outerJob pass

func (p *outerJob) Do(worker, lo, hi int) {
	s := &p.loras
	w := &s.workers[worker]
	for _, out := range s.outer[lo:hi] {
		run, to := s.runs[out.run], s.targets[out.target]
		n, width := run.hi-run.lo, to.w.W.Rows()
		for _, use := range s.uses[out.lo:out.hi] {
			b := use.pair.b[out.part]
			w.y = grow(w.y, n*b.Rows())
			w.acts.Set(s.ax[use.at:use.at+n*use.pair.rank], n, use.pair.rank)
			simd.MatMul(nil, &w.acts, simd.Product{Dst: w.y, W: b})
			for k, i := range s.order[run.lo:run.hi] {
				simd.Add(row(to.dst, i, width)[out.part*loraRows:][:b.Rows()], row(w.y, k, b.Rows()))
			}
		}
	}
}

// adaptEmbedding adds to the embedding x of token id what the adapters of a set add.
func (w *loraWorker) adaptEmbedding(x []float32, id int, set *AdapterSet) {
	for _, a := range set.list {
		e := a.Adapter.embd
		if e == nil {
			continue
		}
		w.x = grow(w.x, e.rank)
		e.a.m.Row(w.x, id)
		simd.Scale(w.x, e.a.parts[0].factor*a.Scale)
		for k, b := range e.b {
			w.y = grow(w.y, b.Rows())
			w.acts.Set(w.x, 1, e.rank)
			simd.MatMul(nil, &w.acts, simd.Product{Dst: w.y, W: b})
			simd.Add(x[k*loraRows:][:b.Rows()], w.y)
		}
	}
}
