package llama

import (
	"slices"

	"github.com/querent-ai/chord/simd"
)

type turnJob pass

// turn rotates queries and keys by their positions, scales queries and stores keys and values
// in the caches of their sequences.
func (p *pass) turn(layer int) {
	if p.ok() {
		p.layer = layer
		p.pool.Run(len(p.at), rowStep, (*turnJob)(p))
	}
}

func (p *turnJob) Do(worker, lo, hi int) {
	c, w := p.c, &p.w.Blk[p.layer]
	for i := lo; i < hi; i++ {
		pos := p.pos[p.base+i]
		q, k, v := row(p.q, i, c.qDim()), row(p.k, i, c.kvDim()), row(p.v, i, c.kvDim())
		(*pass)(p).turned(q, w.AttnQNorm, pos)
		simd.Scale(q, c.queryScale(pos))
		(*pass)(p).turned(k, w.AttnKNorm, pos)
		p.kv.store(&p.writers[worker], p.tokens[i].Seq.pages, pos, p.layer, k, v)
	}
}

// row returns row i of x, whose rows have n elements.
func row[T any](x []T, i, n int) []T { return x[i*n : (i+1)*n : (i+1)*n] }

// A tile is the rows order[lo:hi]: tokens of one sequence, whose queries share
// what they read of the cache.
type tile struct{ lo, hi int }

// tileQueries is how many queries a tile has, at least one row's: enough to
// find keys and values in the nearest cache most of the time.
const tileQueries = 32

// cut makes tiles of the rows, those of a sequence together wherever they are
// in the batch.
func (p *pass) cut() {
	p.order = grow(p.order, len(p.at))
	for i := range p.order {
		p.order[i] = i
	}
	slices.SortStableFunc(p.order, func(a, b int) int { return p.seq(a).first - p.seq(b).first })
	most := max(tileQueries*p.c.KVHeads/p.c.Heads, 1)
	p.tiles = p.tiles[:0]
	for i, r := range p.order {
		if n := len(p.tiles) - 1; n >= 0 && i-p.tiles[n].lo < most && p.seq(r) == p.seq(p.order[i-1]) {
			p.tiles[n].hi++
			continue
		}
		p.tiles = append(p.tiles, tile{i, i + 1})
	}
}

// seq returns the sequence of a row.
func (p *pass) seq(row int) *Seq { return p.tokens[p.at[row]].Seq }

type attendJob pass

// attendWork is how many products of keys a piece of attention has, at least: a
// few microseconds.
const attendWork = 32 << 10

// attend sets att to the attention of every row and head:
//
//	att = Σ softmax(q·k[first…pos])[i] · v[i]
func (p *pass) attend(layer int) {
	if !p.ok() || len(p.at) == 0 {
		return
	}
	c := p.c
	p.layer = layer
	// Heads that share keys stay together, unless some threads had no work.
	p.together = c.Heads / c.KVHeads
	for items := len(p.tiles) * c.KVHeads; p.together%2 == 0 && items < 2*p.pool.Threads(); items *= 2 {
		p.together /= 2
	}
	work := p.together * (p.tiles[0].hi - p.tiles[0].lo) * p.positions * c.HeadDim
	p.pool.Run(len(p.tiles)*c.Heads/p.together, max(1, attendWork/work), (*attendJob)(p))
}

// Do handles pairs of heads and tile; those of the same heads follow each other
// and find their keys in the cache.
func (p *attendJob) Do(worker, lo, hi int) {
	for i := lo; i < hi && p.ctx.Err() == nil; i++ {
		p.tile(&p.attn[worker], i/len(p.tiles)*p.together, p.tiles[i%len(p.tiles)])
	}
}

// tile computes some heads from the given one on, which share keys, for a tile.
func (p *attendJob) tile(a *simd.Attention, head int, t tile) {
	c, n := p.c, p.together*p.c.HeadDim
	keys, values := p.kv.at(p.layer, head/(c.Heads/c.KVHeads))
	a.Start(p.kv.kv, (*pass)(p).seq(p.order[t.lo]).pages, keys, values)
	look := simd.Look{Softcap: c.AttnSoftcap}
	if sinks := p.w.Blk[p.layer].AttnSinks; sinks != nil {
		look.Sinks = sinks[head : head+p.together]
	}
	for _, i := range p.order[t.lo:t.hi] {
		pos, at := p.pos[p.base+p.at[i]], i*c.qDim()+head*c.HeadDim
		look.First, look.End = 0, pos+1
		if p.fam.encoder {
			look.End = p.tokens[p.at[i]].Seq.ahead
		}
		if c.windowed(p.layer) {
			look.First = max(0, look.End-c.Window)
		}
		a.Add(p.att[at:at+n], p.q[at:at+n], look)
	}
	for a.Next() && p.ctx.Err() == nil {
	}
}
