package simd

// attendBlock is how many positions attention takes in at a time, from fixed
// boundaries on: multiples of it, whatever the pages, the batch and the
// threads. It is part of the canonical order.
const attendBlock = 256

// An Attention computes
//
//	out = Σ softmax(q·K)[i] · V[i]
//
// for a tile of queries over the keys and values of one head, block by block of
// positions: all queries share what is read. The zero value is ready; it keeps
// its memory from use to use and serves one goroutine at a time.
//
// Within a block each query's scores are computed, their maximum, and the sum of
// their exponentials; results of earlier blocks are scaled when the maximum
// rises. [online] Milakov, Gimelshein, Online normalizer calculation for
// softmax, 2018, arXiv:1805.02867.
type Attention struct {
	kv           *KV
	pages        [][]byte
	keys, values int // where they start in every page

	rows  []attendRow
	begin int   // the first position that any query sees
	end   int   // behind the last
	next  int   // the next block starts here
	spans []int // of each query in this block: its first position, how many

	softcap float32
	sinks   []float32 // (queries,) or none
	slopes  []float32 // (queries,) or none

	q    []float32 // (queries, keyDim): the caller's if there is one row, else in ownQ
	o    []float32 // (queries, valueWidth): likewise, in ownO; also there if valueWidth is more than valueDim
	acts []uint64  // q, quantised

	ownQ, ownO []float32 // memory that stays
	wide       []float32 // (keyWidth,): a query's transform
	scores     []float32 // (queries, attendBlock)
	m, l       []float32 // (queries,): maximum, sum of exponentials
}

// attendRow is some queries that see the same positions, [first, end).
type attendRow struct {
	out        []float32
	query      int // the first
	first, end int
}

// Start begins a tile without queries over one head, whose keys and values
// start at the given bytes of every page; kv.Bytes says how many follow. Pages
// must stay valid until the last Next, and what queries see unchanged.
func (a *Attention) Start(kv *KV, pages [][]byte, keys, values int) {
	a.kv, a.pages, a.keys, a.values = kv, pages, keys, values
	a.rows, a.q = a.rows[:0], nil
	a.begin, a.end, a.next = 0, 0, -1
}

// A Span is the part of the cache that some queries see, and how.
type Span struct {
	First, End int       // the positions that they see, at least one
	Softcap    float32   // scores become Softcap·tanh(score/Softcap); 0: they stay
	Sinks      []float32 // (n,), each query's attention-sink logit, an extra term of the softmax's denominator; nil: none
	Slopes     []float32 // (n,), each query's slope: a score falls by it for each position from the key to End-1; nil: none
}

// Add adds the queries q, (n, keyDim), whose results go to out, (n, valueDim),
// which does not overlap them. Queries come scaled: their products with keys are
// the scores. Both slices are in use until the last Next. It panics if n is not
// the same for both, if positions do not fit the pages, or if queries of one tile
// differ in Softcap or in whether they have sinks or slopes.
func (a *Attention) Add(out, q []float32, span Span) {
	dim := a.kv.keyDim
	checkLen("Attention.Add", len(q)%dim, 0)
	checkLen("Attention.Add", len(out), len(q)/dim*a.kv.valueDim)
	if span.First < 0 || span.First >= span.End || span.End > len(a.pages)*a.kv.positions {
		panic("simd: Attention.Add: positions do not fit")
	}
	n := len(a.q)
	if n == 0 {
		a.begin, a.softcap, a.sinks, a.slopes = span.First, span.Softcap, a.sinks[:0], a.slopes[:0]
	}
	a.sinks, a.slopes = append(a.sinks, span.Sinks...), append(a.slopes, span.Slopes...)
	if span.Softcap != a.softcap || len(a.sinks) > 0 && len(a.sinks)*dim != n+len(q) || len(a.slopes) > 0 && len(a.slopes)*dim != n+len(q) {
		panic("simd: Attention.Add: queries of one tile differ in softcap, sinks or slopes")
	}
	a.rows = append(a.rows, attendRow{out, n / dim, span.First, span.End})
	a.begin, a.end = min(a.begin, span.First), max(a.end, span.End)
	switch len(a.rows) {
	case 1:
		a.q = q
	case 2:
		a.ownQ = append(append(a.ownQ[:0], a.q...), q...)
		a.q = a.ownQ
	default:
		a.ownQ = append(a.ownQ, q...)
		a.q = a.ownQ
	}
}

// Next computes the next block and reports whether there is another one; after
// the last the results are there. It takes about 100 µs with kernels, a few
// milliseconds without.
func (a *Attention) Next() bool {
	if len(a.q) == 0 {
		return false
	}
	if a.next < 0 {
		a.prepare()
	}
	lo, hi := max(a.next, a.begin), min(a.next+attendBlock, a.end)
	a.setSpans()
	a.score(lo, hi)
	n := len(a.m)
	for i := 0; i < n && a.softcap > 0; i++ {
		Softcap(a.scores[i*attendBlock+a.spans[2*i]:][:a.spans[2*i+1]], a.softcap)
	}
	if len(a.slopes) > 0 {
		a.slope()
	}
	a.softmax(n)
	for i := 0; i < n; i += active.panel {
		a.sum(i, min(active.panel, n-i))
	}
	a.next += attendBlock
	if a.next < a.end {
		return true
	}
	a.finish()
	return false
}

// prepare grows the memory to the queries that have been added.
func (a *Attention) prepare() {
	n := len(a.q) / a.kv.keyDim
	a.next = a.begin / attendBlock * attendBlock
	a.scores, a.spans = grow(a.scores, n*attendBlock), grow(a.spans, 2*n)
	a.m, a.l = grow(a.m, n), grow(a.l, n)
	if a.o = a.rows[0].out; a.ownsResults() {
		a.ownO = grow(a.ownO, n*a.kv.valueWidth)
		a.o = a.ownO
	}
	clear(a.o)
	for i := range a.m {
		a.m[i], a.l[i] = lowest, 0
		if len(a.sinks) > 0 {
			a.m[i], a.l[i] = a.sinks[i], 1 // exp(sink - m)
		}
	}
	if a.kv.quantised {
		a.quantize(n)
	}
}

// ownsResults reports whether results are in memory of a's own until the end.
func (a *Attention) ownsResults() bool { return len(a.rows) > 1 || a.kv.valueWidth > a.kv.valueDim }

// finish writes the results.
func (a *Attention) finish() {
	kv := a.kv
	for i, l := range a.l {
		o := a.o[i*kv.valueWidth:][:kv.valueDim]
		active.scale(o, 1/l)
		if transformed(kv.value) {
			hadamard(o, hadamardBlock(kv.valueDim))
		}
	}
	for r := range a.rows {
		row := &a.rows[r]
		for i := 0; a.ownsResults() && i < len(row.out)/kv.valueDim; i++ {
			copy(row.out[i*kv.valueDim:][:kv.valueDim], a.o[(row.query+i)*kv.valueWidth:])
		}
		row.out = nil
	}
	a.pages, a.q, a.o = nil, nil, nil
}
