package simd

import "unsafe"

// quantize quantises the queries, panel by panel, as [Acts] are.
func (a *Attention) quantize(n int) {
	dim, width := a.kv.keyDim, a.kv.keyWidth
	a.acts = grow(a.acts, (n*width/32*recordBytes+7)/8)
	for i := range n {
		q := a.q[i*dim:][:dim]
		if transformed(a.kv.key) {
			a.wide = grow(a.wide, width)
			transformQuery(a.wide, q)
			q = a.wide
		}
		first := i - i%active.panel
		quantizeToken(a.operand(first), i-first, min(active.panel, n-first), q)
	}
}

// operand returns the panel that starts at query i as products take it.
func (a *Attention) operand(i int) *byte {
	if a.kv.quantised {
		return (*byte)(unsafe.Add(unsafe.Pointer(&a.acts[0]), i*(a.kv.keyWidth/32)*recordBytes))
	}
	return (*byte)(ptr(&a.q[i*a.kv.keyDim]))
}

// setSpans sets which positions of the block each query sees.
func (a *Attention) setSpans() {
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

// score sets the scores of positions [lo, hi) for all queries, and, as tiles are
// whole, some before and after them that are not used.
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

// scorePanel computes the scores of the panel that starts at query i with a
// number of tiles of keys. It, softmax and sumRange are not inlined: their checks
// of the stack are where the garbage collector may stop a loop over them.
//
//go:noinline
func (a *Attention) scorePanel(i, at int, keys *byte, tiles int) {
	kv := a.kv
	kv.scores[min(active.panel, len(a.m)-i)-1](&a.scores[i*attendBlock+at], attendBlock, keys, a.operand(i),
		kv.blocks, tiles)
}

//go:noinline
func (a *Attention) softmax(n int) {
	active.softmax(&a.scores[0], &a.m[0], &a.l[0], &a.o[0], &a.spans[0], n, a.kv.valueWidth)
}

// sum adds the values of the block for n queries from i on: first the positions
// before those that all see, then those, then the positions after them. Every query
// adds its positions in order.
func (a *Attention) sum(i, n int) {
	if len(a.rows) == 1 {
		a.sumRange(i, n, a.spans[0], a.spans[0]+a.spans[1])
		return
	}
	lo, hi := 0, attendBlock
	for q := i; q < i+n; q++ {
		from := a.spans[2*q]
		lo, hi = max(lo, from), min(hi, from+a.spans[2*q+1])
	}
	if lo >= hi { // no position that all see
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
		kv.sums[n-1](&a.o[i*kv.valueWidth], &a.scores[i*attendBlock+lo], v, count, kv.valueWidth, a.prefetch(v, a.next+lo))
		lo += count
	}
}

// prefetch returns how far from v, the value of position pos, the value one block
// later is, or, after the last block, in the first block of the next head. Values
// are read in pieces of a block, too short for the hardware's own prefetching.
func (a *Attention) prefetch(v *byte, pos int) int {
	kv, at := a.kv, a.values
	if pos += attendBlock; pos >= a.end {
		keys, values := kv.Bytes()
		pos, at = pos%attendBlock, at+keys+values
	}
	next := uintptr(unsafe.Pointer(unsafe.SliceData(a.pages[pos/kv.positions])))
	return int(next-uintptr(unsafe.Pointer(v))) + at + pos%kv.positions*kv.valueBytes
}
