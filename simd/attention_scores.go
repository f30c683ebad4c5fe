package simd

import "unsafe"

// quantize quantises the queries, panel by panel, as [Acts] are.
func (a *Attention) quantize(n int) {
	dim := a.kv.keyDim
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
		return (*byte)(unsafe.Add(unsafe.Pointer(&a.acts[0]), i*(a.kv.keyDim/32)*recordBytes))
	}
	return (*byte)(ptr(&a.q[i*a.kv.keyDim]))
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
	active.softmax(&a.scores[0], &a.m[0], &a.l[0], &a.o[0], &a.spans[0], n, a.kv.valueDim)
}
