package draft

import "sync/atomic"

const (
	poolBits = 16 // of the number of entries, 512 KiB together
	mostSeen = 15 // occurrences that are counted
)

// A Pool knows which token follows an n-gram in the texts of all sequences of a model.
// Its memory is fixed; what is seen often stays. It is safe for concurrent use without
// locks: of two updates of one entry at the same time one may be lost.
type Pool struct {
	entries []atomic.Uint64 // of the entry at the n-gram's hash
}

// NewPool returns an empty pool.
func NewPool() *Pool { return &Pool{make([]atomic.Uint64, 1<<poolBits)} }

// An entry is one n-gram with the token that follows:
//
//	0 token, 32 bit | 32 occurrences, 8 bit | 40 hash, 24 bit
type entry uint64

func newEntry(id int32, seen int, tag uint64) entry {
	return entry(uint64(uint32(id)) | uint64(seen)<<32 | tag<<40)
}

func (e entry) id() int32   { return int32(uint32(e)) }
func (e entry) seen() int   { return int(uint8(e >> 32)) }
func (e entry) tag() uint64 { return uint64(e >> 40) }

// A Tail is the last tokens of a text.
type Tail struct {
	ids [gram]int32
	n   int
}

// Add appends a token.
func (t *Tail) Add(id int32) {
	copy(t.ids[:], t.ids[1:])
	t.ids[gram-1] = id
	t.n++
}

// at returns the entry and the tag of t.
func (p *Pool) at(t *Tail) (e *atomic.Uint64, tag uint64) {
	h := hash(t.ids[:])
	return &p.entries[h&(1<<poolBits-1)], h >> 40
}

// Add says that id follows t.
func (p *Pool) Add(t *Tail, id int32) {
	if t.n < gram {
		return
	}
	at, tag := p.at(t)
	e := entry(at.Load())
	seen := e.seen()
	switch same := e.tag() == tag && seen > 0; {
	case same && e.id() == id:
		if seen == mostSeen {
			return
		}
		e = newEntry(id, seen+1, tag)
	case same && seen > 1:
		e = newEntry(e.id(), seen/2, tag)
	case !same && seen > 1:
		e = newEntry(e.id(), seen-1, e.tag())
	default:
		e = newEntry(id, 1, tag)
	}
	at.Store(uint64(e))
}

// Next returns the token that followed t in other texts or this one and its class, or
// false.
func (p *Pool) Next(t *Tail) (int32, Class, bool) {
	if t.n < gram {
		return 0, 0, false
	}
	at, tag := p.at(t)
	e := entry(at.Load())
	switch n := e.seen(); {
	case n == 0 || e.tag() != tag:
		return 0, 0, false
	case n == 1:
		return e.id(), Pooled, true
	case n < 4:
		return e.id(), Pooled + 1, true
	}
	return e.id(), Pooled + 2, true
}

// Propose adds at most n tokens to d: those that followed t.
func (p *Pool) Propose(d *Draft, t Tail, n int) {
	for range n {
		id, class, ok := p.Next(&t)
		if !ok {
			return
		}
		d.Add(id, class)
		t.Add(id)
	}
}
