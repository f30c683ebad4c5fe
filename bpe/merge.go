package bpe

// A symbol is a stretch of a word that is a token, or may become one. The
// symbols of a word are a doubly linked list in one slice; merging puts the
// right one into the left one and leaves its place empty.
type symbol struct {
	start, n   int32 // bytes of the word; n = 0: merged into another
	prev, next int32 // -1: none
	id         int32 // of the token, or at least len(tokens) if it is none (-1 if it has no number)
}

// A bigram is a merge that was possible when it was entered: of the symbol
// at left and the one after it.
type bigram struct {
	key  uint64 // order<<32 | left: what is merged first is smallest
	n    int32  // bytes of both; if this differs now, one of them has grown
	into int32
}

// merger merges the symbols of a word. It keeps its memory for the next one.
type merger struct {
	worker
	symbols []symbol
	queue   []bigram // a binary heap, the smallest key first
	pushed  int      // bigrams entered since it was made; for tests
}

// link chains the symbols, of which start, n and id are set.
func (m *merger) link() {
	for i := range m.symbols {
		m.symbols[i].prev = int32(i - 1)
		m.symbols[i].next = int32(i + 1)
	}
	m.symbols[len(m.symbols)-1].next = -1
}

// merge merges the best neighbours of word until none can be merged.
func (m *merger) merge(t *Tokenizer, word []byte) {
	m.link()
	m.queue = m.queue[:0]
	for i := range len(m.symbols) - 1 {
		if m.add(t, word, int32(i)); m.over(mergeWork) {
			return
		}
	}
	for len(m.queue) > 0 && !m.over(mergeWork) {
		b := m.pop()
		i := int32(uint32(b.key))
		left := &m.symbols[i]
		if left.n == 0 || left.next < 0 {
			continue
		}
		right := &m.symbols[left.next]
		if left.n+right.n != b.n {
			continue
		}
		left.n, left.id = b.n, b.into
		right.n = 0
		left.next = right.next
		if right.next >= 0 {
			m.symbols[right.next].prev = i
		}
		if left.prev >= 0 {
			m.add(t, word, left.prev)
		}
		m.add(t, word, i)
	}
}

// add enters the bigram of the symbol at i and the one after it, if they can
// be merged.
func (m *merger) add(t *Tokenizer, word []byte, i int32) {
	left := &m.symbols[i]
	if left.next < 0 {
		return
	}
	right := &m.symbols[left.next]
	order, into, ok := t.merged(left, right, word)
	if ok {
		m.push(bigram{key: uint64(order)<<32 | uint64(uint32(i)), n: left.n + right.n, into: into})
	}
}

// merged returns what two neighbours of word become, and how soon.
func (t *Tokenizer) merged(left, right *symbol, word []byte) (order uint32, into int32, ok bool) {
	if t.pairs != nil {
		return t.pairs.find(left.id, right.id)
	}
	if into, ok = t.ids[string(word[left.start:right.start+right.n])]; ok {
		order = t.order[into]
	}
	return order, into, ok
}

func (m *merger) push(b bigram) {
	m.pushed++
	m.queue = append(m.queue, b)
	q, i := m.queue, len(m.queue)-1
	for i > 0 {
		up := (i - 1) / 2
		if q[up].key <= b.key {
			break
		}
		q[i], i = q[up], up
	}
	q[i] = b
}

func (m *merger) pop() bigram {
	q := m.queue
	top, last := q[0], q[len(q)-1]
	q = q[:len(q)-1]
	m.queue = q
	i := 0
	for {
		down := 2*i + 1
		if down >= len(q) {
			break
		}
		if down+1 < len(q) && q[down+1].key < q[down].key {
			down++
		}
		if last.key <= q[down].key {
			break
		}
		q[i], i = q[down], down
	}
	if len(q) > 0 {
		q[i] = last
	}
	return top
}

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
