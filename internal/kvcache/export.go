package kvcache

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
)

// What leaves the memory: chunks of the prefix tree for a store that keeps them
// elsewhere, and the chunks of a sequence that travels.

// A Key identifies a chunk by its tokens and all those before them.
type Key [sha256.Size]byte

// Next returns the key of ids after the chunk of k.
func (k Key) Next(ids []int32) Key {
	b := make([]byte, 0, len(k)+4*len(ids))
	b = append(b, k[:]...)
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	return sha256.Sum256(b)
}

// A Chunk is a copy of the memory of consecutive tokens.
type Chunk struct {
	Parent, Key Key
	IDs         []int32 // as many as a page has positions, or fewer at the end of a text
	Parts       []Part
}

// A Part is the memory of one group in a chunk.
type Part struct {
	Group int
	At    int    // of a State: the tokens of the chunk before it; of a page: 0
	Bytes []byte // of a page: those after the last token are unspecified
}

// part returns the next part of x, whose memory is reused.
func (x *Chunk) part(group, at, size int) []byte {
	n := len(x.Parts)
	if n < cap(x.Parts) {
		x.Parts = x.Parts[:n+1]
	} else {
		x.Parts = append(x.Parts, Part{})
	}
	p := &x.Parts[n]
	if cap(p.Bytes) < size {
		p.Bytes = make([]byte, size)
	}
	p.Group, p.At, p.Bytes = group, at, p.Bytes[:size]
	return p.Bytes
}

// Size returns the bytes of the parts.
func (x *Chunk) Size() int64 {
	n := int64(0)
	for i := range x.Parts {
		n += int64(len(x.Parts[i].Bytes))
	}
	return n
}

// spillBytes bounds the chunks that were evicted before Next returned them.
const spillBytes = 64 << 20

// An outbox is what a store has still to be given.
type outbox struct {
	nodes   []*node  // that sequences have kept; those that are not dirty have gone
	spilled []*Chunk // evicted
	bytes   int64    // of spilled
}

// Next sets x to a chunk that the store of [Config.Root] lacks and reports
// whether there was one. It reuses the memory of x.
func (c *Cache) Next(x *Chunk) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &c.out
	if c.closed {
		return false
	}
	if len(o.spilled) > 0 {
		*x = *o.spilled[0]
		o.spilled[0] = nil
		o.spilled, o.bytes = o.spilled[1:], o.bytes-x.Size()
		return true
	}
	for len(o.nodes) > 0 {
		n := o.nodes[0]
		o.nodes[0] = nil
		o.nodes = o.nodes[1:]
		if n.dirty {
			c.copyOut(n, x)
			return true
		}
	}
	return false
}

// offer puts n in the outbox if the store lacks something of it.
func (c *Cache) offer(n *node) {
	if n.stored && !n.dirty && n.weight() > n.saved {
		n.dirty = true
		c.out.nodes = append(c.out.nodes, n)
		c.ready()
	}
}

// ready tells the store that there is something for it.
func (c *Cache) ready() {
	if c.c.Ready != nil {
		c.c.Ready()
	}
}

// spill copies n, which will lose memory, for the store if it lacks it.
func (c *Cache) spill(n *node) {
	size := int64(0)
	n.each(func(_, _ int, p *page) { size += c.bytes(p) })
	switch {
	case !n.stored || n.weight() <= n.saved:
		return
	case c.out.bytes+size > spillBytes:
		c.stats.Lost++
		return
	}
	x := new(Chunk)
	c.copyOut(n, x)
	c.out.spilled, c.out.bytes = append(c.out.spilled, x), c.out.bytes+size
	c.ready()
}

// copyOut sets x to the chunk of n.
func (c *Cache) copyOut(n *node, x *Chunk) {
	x.Parent, x.Key = n.parent.chain(), n.chain()
	x.IDs, x.Parts = append(x.IDs[:0], n.ids...), x.Parts[:0]
	n.each(func(at, g int, p *page) { copy(x.part(g, at, len(p.buf)), p.buf) })
	n.dirty, n.saved = false, n.weight()
}

// each calls f for the pages of n, with at 0, and then for its states after at
// tokens.
func (n *node) each(f func(at, group int, p *page)) {
	visit := func(at int, pages []*page) {
		for g, p := range pages {
			if p != nil {
				f(at, g, p)
			}
		}
	}
	visit(0, n.pages)
	for _, at := range slices.Sorted(maps.Keys(n.states)) {
		visit(at, n.states[at])
	}
}

// weight returns how much memory n has, as a number to compare.
func (n *node) weight() int {
	k := len(n.states)
	for _, p := range n.pages {
		if p != nil {
			k++
		}
	}
	return k
}

// chain returns the key of n. The root's comes from Config.Root.
func (n *node) chain() Key {
	var path []*node
	for ; !n.keyed; n = n.parent {
		path = append(path, n)
	}
	for i := len(path) - 1; i >= 0; i-- {
		path[i].key, path[i].keyed = n.key.Next(path[i].ids), true
		n = path[i]
	}
	return n.key
}

// Export sets x to a copy of chunk at of s, without keys: its pages and, if it is
// the last one, the states after it. It reports false if s has no such chunk.
func (s *Seq) Export(at int, x *Chunk) bool {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	size := c.c.Positions
	if c.closed || s.closed || s.extended > 0 || at >= c.chunks(len(s.ids)) {
		return false
	}
	x.IDs = append(x.IDs[:0], s.ids[at*size:min((at+1)*size, len(s.ids))]...)
	x.Parts = x.Parts[:0]
	for g, p := range s.chunks[at].pages {
		if p != nil {
			copy(x.part(g, 0, len(p.buf)), p.buf)
		}
	}
	if at == c.chunks(len(s.ids))-1 {
		for g, p := range s.state {
			if p != nil {
				copy(x.part(g, len(x.IDs), len(p.buf)), p.buf)
			}
		}
	}
	return true
}
