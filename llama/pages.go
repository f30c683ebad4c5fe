package llama

import "sync"

// A page is the KV cache of a few positions in all layers:
//
//	(layer, key or value, KV head, position, HeadDim)
//
// so that one head's keys, and its values, are consecutive rows. One of the two
// slices is nil.
type page struct {
	f16 []uint16
	f32 []float32
}

// Pages are as long as pageBytes allows, up to pageTokens positions: long ones
// cost fewer calls, short ones waste less memory on short sequences and let no
// file's hyperparameters ask for much at once.
const (
	pageTokens = 256
	pageBytes  = 8 << 20
)

// pages hands out pages and takes them back. It is safe for several goroutines.
type pages struct {
	typ    KVType
	tokens int // positions a page, a power of two
	rows   int // (Layers, 2, KVHeads): runs of positions in a page
	heads  int // KVHeads
	dim    int // HeadDim

	mu   sync.Mutex
	free []page
}

// newPages returns pages for c.
func newPages(c Config, typ KVType) *pages {
	size := 2
	if typ == KVF32 {
		size = 4
	}
	a := &pages{typ: typ, tokens: pageTokens, rows: c.Layers * 2 * c.KVHeads, heads: c.KVHeads, dim: c.HeadDim}
	for a.tokens > 1 && a.rows*a.dim*size > pageBytes/a.tokens {
		a.tokens /= 2
	}
	return a
}

// get returns a page whose content is unspecified.
func (a *pages) get() page {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.free); n > 0 {
		p := a.free[n-1]
		a.free = a.free[:n-1]
		return p
	}
	n := a.rows * a.tokens * a.dim
	if a.typ == KVF32 {
		return page{f32: make([]float32, n)}
	}
	return page{f16: make([]uint16, n)}
}

// put takes pages back for other sequences.
func (a *pages) put(p []page) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.free = append(a.free, p...)
}

// span returns where the rows of the keys (kv = 0) or values (kv = 1) of a
// head start in a page.
func (a *pages) span(layer, kv, head int) int {
	return ((layer*2+kv)*a.heads + head) * a.tokens * a.dim
}
