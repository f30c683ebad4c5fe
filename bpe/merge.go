package bpe

// A symbol is a part of a word: a token, or a part of one. The symbols of a word
// are a doubly linked list in one slice. A merge extends the left symbol and
// leaves the right one empty.
type symbol struct {
	start, n   int32 // bytes of the word; n = 0: merged into another symbol
	prev, next int32 // index in the slice, -1: none
	id         int32 // of the token; if it is not a token, at least len(tokens), or -1
}

// A bigram is a possible merge of the symbol at left and the next one. It is
// outdated if one of them has changed.
type bigram struct {
	key  uint64 // order<<32 | left: the smallest is merged first
	n    int32  // bytes of both symbols; another sum means that one has changed
	into int32  // id of the merged symbol
}

// A merger merges the symbols of a word. It keeps its memory for the next word.
type merger struct {
	canceller
	symbols []symbol
	queue   []bigram // a binary heap, the smallest key on top
	pushed  int      // number of bigrams so far; for tests
}

// link links the symbols, whose start, n and id are set.
func (m *merger) link() {
	for i := range m.symbols {
		m.symbols[i].prev = int32(i - 1)
		m.symbols[i].next = int32(i + 1)
	}
	m.symbols[len(m.symbols)-1].next = -1
}

// merge merges neighbours of word, the first in merge order first, until none can
// be merged.
func (m *merger) merge(t *Tokenizer, word []byte) {
	m.link()
	m.queue = m.queue[:0]
	for i := range len(m.symbols) - 1 {
		if m.add(t, word, int32(i)); m.done(mergeCost) {
			return
		}
	}
	for len(m.queue) > 0 && !m.done(mergeCost) {
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

// add adds the bigram of the symbol at i and the next one to the queue, if they
// can be merged.
func (m *merger) add(t *Tokenizer, word []byte, i int32) {
	left := &m.symbols[i]
	if left.next < 0 {
		return
	}
	right := &m.symbols[left.next]
	order, into, ok := t.mergeOf(left, right, word)
	if ok {
		m.push(bigram{key: uint64(order)<<32 | uint64(uint32(i)), n: left.n + right.n, into: into})
	}
}

// mergeOf returns the merge of two neighbours of word and its order.
func (t *Tokenizer) mergeOf(left, right *symbol, word []byte) (order uint32, into int32, ok bool) {
	if t.pairs != nil {
		return t.pairs.find(left.id, right.id)
	}
	if into, ok = t.ids[string(word[left.start:right.start+right.n])]; ok {
		order = t.mergeOrder[into]
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

// A pairTable maps pairs of symbols to their merges. It is a hash table with open
// addressing, at most half full.
type pairTable struct {
	shift uint
	slots []pairSlot
}

type pairSlot struct {
	pair uint64 // left<<32 | right
	rank uint32 // plus 1; 0: the slot is free
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
	// Multiplication by 2^64/φ spreads the low bits of both ids over the high
	// bits, which are the index.
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

// add adds a pair. Of equal pairs the first one counts.
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
