package simd

import "unsafe"

// sum adds the values of the block for n queries from i on: first what only
// some see before the others, then what all see, then what only some see after
// the others. Every query adds its positions in order.
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
		kv.sums[n-1](&a.o[i*kv.valueDim], &a.scores[i*attendBlock+lo], v, count, kv.valueDim, a.ahead(v, a.next+lo))
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
