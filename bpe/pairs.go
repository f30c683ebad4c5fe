package bpe

// A pairTable says what two neighbouring symbols become: an open-addressing
// hash table, never more than half full.
type pairTable struct {
	shift uint
	slots []pairSlot
}

type pairSlot struct {
	pair uint64 // left<<32 | right
	rank uint32 // plus 1; 0 means that the slot is free
	into int32
}

func newPairTable(n int) *pairTable {
	size, shift := 2, uint(63)
	for size < 2*n {
		size, shift = size*2, shift-1
	}
	return &pairTable{shift: shift, slots: make([]pairSlot, size)}
}

// slot returns the slot of pair, or the free one where it would be.
func (t *pairTable) slot(pair uint64) *pairSlot {
	// Multiplication by 2^64/phi spreads the low bits of both ids over the
	// high bits, which are the index.
	i := pair * 0x9E3779B97F4A7C15 >> t.shift
	for {
		s := &t.slots[i]
		if s.rank == 0 || s.pair == pair {
			return s
		}
		i = (i + 1) & uint64(len(t.slots)-1)
	}
}

func pairOf(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

// add enters a pair unless it is there: the first one counts.
func (t *pairTable) add(left, right int32, rank uint32, into int32) {
	p := pairOf(left, right)
	if s := t.slot(p); s.rank == 0 {
		*s = pairSlot{pair: p, rank: rank + 1, into: into}
	}
}

func (t *pairTable) find(left, right int32) (rank uint32, into int32, ok bool) {
	s := t.slot(pairOf(left, right))
	return s.rank - 1, s.into, s.rank != 0
}
