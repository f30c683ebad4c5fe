package simd

import "unsafe"

// attendBlock is how many positions attention takes in at a time, from fixed
// boundaries on: multiples of it, whatever the pages, the batch and the
// threads. It is part of the canonical order.
const attendBlock = 256

// An Attention computes
//
//	out = Σ softmax(scale·q·K)[i] · V[i]
//
// for a tile of queries over the keys and values of one head, block by block of
// positions: all queries share what is read. The zero value is ready; it keeps
// its memory from use to use and serves one goroutine at a time.
//
// Within a block each query's scores are computed, its maximum, and the
// exponentials' sum; what earlier blocks gave is scaled when the maximum
// rises. [online] Milakov, Gimelshein, Online normalizer calculation for
// softmax, 2018, arXiv:1805.02867.
type Attention struct {
	kv           *KV
	pages        [][]byte
	keys, values int // where they start in every page

	rows  []attendRow
	begin int   // the first position that any query sees
	end   int   // behind the last
	next  int   // the block to come starts here
	spans []int // of each query in this block: its first position, how many

	softcap float32
	sinks   []float32 // (queries,) or none

	q      []float32 // (queries, dim), scaled
	acts   []uint64  // the same, quantised
	o      []float32 // (queries, dim)
	scores []float32 // (queries, attendBlock)
	m, l   []float32 // (queries,): maximum, sum of exponentials
}

// attendRow is some queries that see the same positions, [first, end).
type attendRow struct {
	out        []float32
	query      int // the first
	first, end int
}

// Start begins a tile without queries over one head, whose keys and values
// start at the given bytes of every page.
func (a *Attention) Start(kv *KV, pages [][]byte, keys, values int) {
	a.kv, a.pages, a.keys, a.values = kv, pages, keys, values
	a.rows, a.q = a.rows[:0], a.q[:0]
	a.begin, a.end, a.next = 0, 0, -1
}

// A Look is how some queries look at the cache.
type Look struct {
	First, End int       // the positions that they see, at least one
	Scale      float32   // of every score
	Softcap    float32   // scores become Softcap·tanh(score/Softcap); 0: they stay
	Sinks      []float32 // (n,), of each query the score of a position without a value; nil: none
}

// Add adds the queries q, (n, dim), whose results go to out, (n, dim). q is not
// needed any more afterwards. It panics if lengths or positions do not fit, or
// if some queries of a tile have sinks or a Softcap that others have not.
func (a *Attention) Add(out, q []float32, look Look) {
	dim := a.kv.dim
	same("Attention.Add", len(q), len(out))
	same("Attention.Add", len(q)%dim, 0)
	if look.First < 0 || look.First >= look.End || look.End > len(a.pages)*a.kv.positions {
		panic("simd: Attention.Add: positions do not fit")
	}
	n := len(a.q)
	if n == 0 {
		a.begin, a.softcap, a.sinks = look.First, look.Softcap, a.sinks[:0]
	}
	a.sinks = append(a.sinks, look.Sinks...)
	if look.Softcap != a.softcap || len(a.sinks) > 0 && len(a.sinks)*dim != n+len(q) {
		panic("simd: Attention.Add: queries of one tile look differently")
	}
	a.rows = append(a.rows, attendRow{out, n / dim, look.First, look.End})
	a.begin, a.end = min(a.begin, look.First), max(a.end, look.End)
	a.q = append(a.q, q...)
	active.scale(a.q[n:], look.Scale)
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
	a.see()
	a.score(lo, hi)
	n := len(a.m)
	for i := 0; i < n && a.softcap > 0; i++ {
		Softcap(a.scores[i*attendBlock+a.spans[2*i]:][:a.spans[2*i+1]], a.softcap)
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

// prepare makes room for the queries that have been added.
func (a *Attention) prepare() {
	dim, n := a.kv.dim, len(a.q)/a.kv.dim
	a.next = a.begin / attendBlock * attendBlock
	a.scores, a.o, a.spans = grow(a.scores, n*attendBlock), grow(a.o, n*dim), grow(a.spans, 2*n)
	a.m, a.l = grow(a.m, n), grow(a.l, n)
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

// quantize quantises the queries, panel by panel, as [Acts] are.
func (a *Attention) quantize(n int) {
	dim := a.kv.dim
	a.acts = grow(a.acts, (n*dim/32*recordBytes+7)/8)
	for i := range n {
		first := i - i%active.panel
		tokens := min(active.panel, n-first)
		at := unsafe.Pointer(a.operand(first))
		active.quantize32(&a.q[i*dim],
			(*int8)(unsafe.Add(at, 32*(i-first))),
			(*float32)(unsafe.Add(at, 32*tokens+4*(i-first))),
			(*int32)(unsafe.Add(at, 36*tokens+4*(i-first))),
			(*int32)(unsafe.Add(at, 40*tokens+4*(i-first))),
			dim/32, tokens*recordBytes)
	}
}

// operand returns the panel that starts at query i as products take it.
func (a *Attention) operand(i int) *byte {
	if a.kv.quantised {
		return (*byte)(unsafe.Add(unsafe.Pointer(&a.acts[0]), i*(a.kv.dim/32)*recordBytes))
	}
	return (*byte)(ptr(&a.q[i*a.kv.dim]))
}

// see sets which positions of the block each query sees.
func (a *Attention) see() {
	for r, row := range a.rows {
		from := min(max(row.first-a.next, 0), attendBlock)
		n := max(min(row.end-a.next, attendBlock)-from, 0)
		last := len(a.m)
		if r+1 < len(a.rows) {
			last = a.rows[r+1].query
		}
		for i := row.query; i < last; i++ {
			a.spans[2*i], a.spans[2*i+1] = from, n
		}
	}
}

// score sets the scores of positions [lo, hi) for all queries, and some that
// nobody looks at on either side of them.
func (a *Attention) score(lo, hi int) {
	kv := a.kv
	lo -= lo % tileRows
	for lo < hi {
		page, at := lo/kv.positions, lo%kv.positions
		n := min(hi-lo, kv.positions-at)
		keys := &a.pages[page][a.keys+at*kv.keyBytes]
		for i := 0; i < len(a.m); i += active.panel {
			a.scorePanel(i, lo-a.next, keys, (n+tileRows-1)/tileRows)
		}
		lo += n
	}
}

// scorePanel computes the scores of the panel that starts at query i with so
// many tiles of keys. It, softmax and sumRange are not inlined: their checks of
// the stack are where the garbage collector may stop a loop over them.
//
//go:noinline
func (a *Attention) scorePanel(i, at int, keys *byte, tiles int) {
	kv := a.kv
	kv.scores[min(active.panel, len(a.m)-i)-1](&a.scores[i*attendBlock+at], attendBlock, keys, a.operand(i),
		kv.blocks, tiles)
}

//go:noinline
func (a *Attention) softmax(n int) {
	active.softmax(&a.scores[0], &a.m[0], &a.l[0], &a.o[0], &a.spans[0], n, a.kv.dim)
}

// sum adds the values of the block for n queries from i on: first what only
// some see before the others, then what all see, then what only some see after
// the others. Every query adds its positions in order.
func (a *Attention) sum(i, n int) {
	lo, hi := 0, attendBlock
	for q := i; q < i+n; q++ {
		from := a.spans[2*q]
		lo, hi = max(lo, from), min(hi, from+a.spans[2*q+1])
	}
	if lo >= hi { // nothing that all see
		lo, hi = attendBlock, attendBlock
	}
	a.sumSome(i, n, 0, lo)
	a.sumRange(i, n, lo, hi)
	a.sumSome(i, n, hi, attendBlock)
}

// sumSome adds what each of n queries from i on sees of [lo, hi), those with
// the same positions together.
func (a *Attention) sumSome(i, n, lo, hi int) {
	for end := i + n; i < end; i += n {
		from, count := a.spans[2*i], a.spans[2*i+1]
		n = 1
		for i+n < end && a.spans[2*(i+n)] == from && a.spans[2*(i+n)+1] == count {
			n++
		}
		a.sumRange(i, n, max(lo, from), min(hi, from+count))
	}
}

// sumRange adds the block's values [lo, hi) to n queries from i on.
//
//go:noinline
func (a *Attention) sumRange(i, n, lo, hi int) {
	kv := a.kv
	for lo < hi {
		page, at := (a.next+lo)/kv.positions, (a.next+lo)%kv.positions
		count := min(hi-lo, kv.positions-at)
		v := &a.pages[page][a.values+at*kv.valueBytes]
		kv.sums[n-1](&a.o[i*kv.dim], &a.scores[i*attendBlock+lo], v, count, kv.dim, a.ahead(v, a.next+lo))
		lo += count
	}
}

// ahead returns how far from v, the value of position pos, the value lies that
// comes a block later, or, behind the last block, in the first of the head that
// follows. Values come from memory in pieces of a block, too short for the
// machine to see ahead itself.
func (a *Attention) ahead(v *byte, pos int) int {
	kv, at := a.kv, a.values
	if pos += attendBlock; pos >= a.end {
		keys, values := kv.Bytes()
		pos, at = pos%attendBlock, at+keys+values
	}
	next := uintptr(unsafe.Pointer(unsafe.SliceData(a.pages[pos/kv.positions])))
	return int(next-uintptr(unsafe.Pointer(v))) + at + pos%kv.positions*kv.valueBytes
}

// finish writes the results.
func (a *Attention) finish() {
	dim := a.kv.dim
	for i, l := range a.l {
		active.scale(a.o[i*dim:][:dim], 1/l)
	}
	for r := range a.rows {
		copy(a.rows[r].out, a.o[a.rows[r].query*dim:])
		a.rows[r].out = nil
	}
	a.pages = nil
}
