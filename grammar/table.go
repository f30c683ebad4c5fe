package grammar

// A table finds the number of a thing by its hash: open addressing, with numbers
// from 1 on in slots. The things themselves lie with the caller.
type table struct {
	slots  []int32
	hashes []uint64
	count  int
}

// hashOf begins a hash; mix adds a number to it.
const hashOf uint64 = 0x9e3779b97f4a7c15

func mix(h, v uint64) uint64 {
	h = (h ^ v) * 0xff51afd7ed558ccd
	return h ^ h>>32
}

// find returns the number of the thing with hash h for which same is true, 0 if
// there is none.
func (t *table) find(h uint64, same func(n int32) bool) int32 {
	if len(t.slots) == 0 {
		return 0
	}
	mask := uint64(len(t.slots) - 1)
	for i := h & mask; t.slots[i] != 0; i = (i + 1) & mask {
		if t.hashes[i] == h && same(t.slots[i]) {
			return t.slots[i]
		}
	}
	return 0
}

// add notes that thing number n, from 1 on, has hash h.
func (t *table) add(h uint64, n int32) {
	if 2*t.count >= len(t.slots) {
		old := *t
		t.slots = make([]int32, max(2*len(old.slots), 16))
		t.hashes = make([]uint64, len(t.slots))
		t.count = 0
		for i, s := range old.slots {
			if s != 0 {
				t.put(old.hashes[i], s)
			}
		}
	}
	t.put(h, n)
}

func (t *table) put(h uint64, n int32) {
	mask := uint64(len(t.slots) - 1)
	i := h & mask
	for t.slots[i] != 0 {
		i = (i + 1) & mask
	}
	t.slots[i], t.hashes[i] = n, h
	t.count++
}

// reset empties t and keeps its memory.
func (t *table) reset() {
	if t.count > 0 {
		clear(t.slots)
		t.count = 0
	}
}
