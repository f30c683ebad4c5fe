package llama

import (
	"fmt"
	"math"
	"sync"

	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/simd"
)

// A page is the KV cache of a few positions in all layers:
//
//	(layer, KV head): the head's keys, then its values, as simd.KV has them
type page = []byte

// Pages are as long as pageBytes allows, from leastTokens up to pageTokens
// positions: long ones cost fewer calls, short ones waste less memory on short
// sequences and let no file's hyperparameters ask for much at once. They lie in
// huge pages of the Go heap, which nobody need give back: at depth 4096
// TinyLlama's tokens are 6 % faster than from small pages, at 1024 2 %, measured
// in turn.
const (
	pageTokens  = 256
	leastTokens = 16
	pageBytes   = 8 << 20
)

// pages hands out pages and takes them back. It is safe for several goroutines.
type pages struct {
	tokens       int // positions a page, a power of two
	runs         int // (Layers, KVHeads)
	heads        int // KVHeads
	kv           *simd.KV
	keys, values int // bytes of one run

	mu   sync.Mutex
	free []page
}

// newPages returns pages for c. It errs if a type does not suit the heads.
func newPages(c Config, key, value KVType) (*pages, error) {
	a, err := newPagesOf(c, key, value, pageTokens)
	for err == nil && a.tokens > leastTokens && a.bytes() > pageBytes {
		a, err = newPagesOf(c, key, value, a.tokens/2)
	}
	if err == nil && a.bytes() > math.MaxInt {
		err = fmt.Errorf("llama: %d positions of the cache have %d bytes: %w", a.tokens, a.bytes(), ErrUnsupported)
	}
	return a, err
}

// bytes returns the size of a page.
func (a *pages) bytes() int64 { return int64(a.runs) * int64(a.keys+a.values) }

// newPagesOf returns pages of so many tokens.
func newPagesOf(c Config, key, value KVType, tokens int) (*pages, error) {
	kv, err := simd.NewKV(kvTypes[key].quant, kvTypes[value].quant, c.HeadDim, c.HeadDim, tokens)
	if err != nil {
		return nil, err
	}
	a := &pages{tokens: tokens, runs: c.Layers * c.KVHeads, heads: c.KVHeads, kv: kv}
	a.keys, a.values = kv.Bytes()
	return a, nil
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
	return mmap.Heap(a.runs * (a.keys + a.values))
}

// put takes pages back for other sequences.
func (a *pages) put(p []page) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.free = append(a.free, p...)
}

// at returns where keys and values of a head start in every page.
func (a *pages) at(layer, head int) (keys, values int) {
	keys = (layer*a.heads + head) * (a.keys + a.values)
	return keys, keys + a.keys
}

// store writes the keys and values of position pos in a layer, (KVHeads, HeadDim)
// each, into the pages of a sequence.
func (a *pages) store(w *simd.KVWriter, ps []page, pos, layer int, k, v []float32) {
	p, dim := ps[pos/a.tokens], len(k)/a.heads
	for h := range a.heads {
		keys, values := a.at(layer, h)
		w.Store(a.kv, p[keys:values], p[values:values+a.values], pos%a.tokens, row(k, h, dim), row(v, h, dim))
	}
}
