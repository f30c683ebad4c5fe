package llama

import (
	"math"
	"slices"

	"github.com/querent-ai/chord/simd"
)

// attendState is the state of attention.
type attendState struct {
	writers    []simd.KVWriter  // (threads,)
	attentions []simd.Attention // (threads,)
	order      []int            // (rows,): the rows, sorted by sequence
	tiles      []tile
	positions  int       // of the longest sequence
	itemHeads  int       // heads of a work item; they share keys and values
	slopes     []float32 // (Heads,): of ALiBi
	buckets    []int     // (maxRelative+1,): of T5
}

type rotateJob pass

// rotate applies RoPE to queries and keys, scales the queries and stores keys
// and values in the cache.
func (p *pass) rotate(layer int, w *attention) {
	if p.ok() {
		p.layer, p.attn = layer, w
		p.pool.Run(len(p.tokenOf), rowStep, (*rotateJob)(p))
	}
}

func (p *rotateJob) Do(worker, lo, hi int) {
	c := &p.c.Layer[p.layer]
	for i := lo; i < hi; i++ {
		t := p.tokenOf[i]
		pos := p.pos[p.base+t]
		angles := p.ropes.table(p.layer, p.tokens[t].Long)
		q := row(p.q, i, c.qDim())
		if p.fam.queryGate {
			(*pass)(p).takeQuery(q, i, c.Heads, c.KeyDim)
		}
		clamp(q, p.c.ClampKQV)
		(*pass)(p).rotateHeads(q, c.KeyDim, p.attn.QNorm, angles, pos)
		simd.Scale(q, p.c.queryScale(c, pos))
		if c.KVBack > 0 {
			continue
		}
		k, v := row(p.k, i, c.kDim()), row(p.v, i, c.vDim())
		clamp(k, p.c.ClampKQV)
		clamp(v, p.c.ClampKQV)
		(*pass)(p).rotateHeads(k, c.KeyDim, p.attn.KNorm, angles, pos)
		(*pass)(p).headNorm(v, c.ValueDim, p.attn.VNorm)
		p.kv.store(&p.writers[worker], p.seqs[p.seqOf[p.base+t]].seq, pos, p.layer, c, k, v)
	}
}

// rotateHeads norms the heads of a token's queries or keys, dim elements each,
// and applies RoPE to them. Without angles there is no RoPE.
func (p *pass) rotateHeads(x []float32, dim int, w norm, angles *rope, pos int) {
	if p.fam.normAfterRope {
		defer p.headNorm(x, dim, w)
	} else {
		p.headNorm(x, dim, w)
	}
	if angles == nil {
		return
	}
	cos, sin := angles.at(pos)
	for h := range len(x) / dim {
		p.rotatePairs(row(x, h, dim)[:2*len(cos)], cos, sin)
	}
}

// rotatePairs rotates the pairs of x.
func (p *pass) rotatePairs(x, cos, sin []float32) {
	if p.fam.rope == ropeHalves {
		simd.RoPEHalves(x, cos, sin)
	} else {
		simd.RoPE(x, cos, sin)
	}
}

// headNorm norms all heads as one vector, or each head by itself, with the same
// weights or with its own.
func (p *pass) headNorm(x []float32, dim int, w norm) {
	switch {
	case w.W == nil:
	case p.fam.qkNorm == qkNormWhole || p.fam.qkNorm == qkNormWholeOptional:
		p.normed(x, x, w)
	default:
		for h := range len(x) / dim {
			own := w.W
			if len(own) > dim {
				own = row(own, h, dim)
			}
			p.normed(row(x, h, dim), row(x, h, dim), norm{W: own})
		}
	}
}

// queryScale returns the factor of a layer's queries of position pos.
func (c *Config) queryScale(l *LayerConfig, pos int) float32 {
	if c.AttnTemp == 0 || c.AttnTempOffset > 0 && l.Rope != RopeNone {
		return l.AttnScale
	}
	grown := 1 + float64(c.AttnTemp*simd.Log(math.Floor(float64(pos+c.AttnTempOffset)/float64(c.AttnTempLength))+1))
	return float32(float64(l.AttnScale) * grown)
}

// sortRows sets order: rows of one sequence follow each other, wherever they are
// in the batch.
func (p *pass) sortRows() {
	p.order = grow(p.order, len(p.tokenOf))
	for i := range p.order {
		p.order[i] = i
	}
	slices.SortStableFunc(p.order, func(a, b int) int { return p.rowSeq(a) - p.rowSeq(b) })
}

// rowSeq returns the index of a row's sequence in seqs.
func (p *pass) rowSeq(row int) int { return p.seqOf[p.base+p.tokenOf[row]] }

// A tile is the rows order[lo:hi]: tokens of one sequence, whose queries share
// the reads of keys and values.
type tile struct{ lo, hi int }

// tileQueries is the number of queries of a tile; a tile has at least one row.
// With 32 queries most reads of keys and values hit the nearest CPU cache.
const tileQueries = 32

// cutTiles divides the rows into tiles for a layer.
func (p *pass) cutTiles(c *LayerConfig) {
	most := max(tileQueries*c.KVHeads/c.Heads, 1)
	p.tiles = p.tiles[:0]
	for i, r := range p.order {
		if n := len(p.tiles) - 1; n >= 0 && i-p.tiles[n].lo < most && p.rowSeq(r) == p.rowSeq(p.order[i-1]) {
			p.tiles[n].hi++
			continue
		}
		p.tiles = append(p.tiles, tile{i, i + 1})
	}
}

// sees returns the positions [first, end) that position pos of a sequence sees.
// tokens is the length of an embedder's sequence.
func (f *family) sees(c *LayerConfig, pos, tokens int) (first, end int) {
	switch {
	case f.encoder && c.Window > 0:
		return max(0, pos-c.Window/2), min(tokens, pos+c.Window/2+1)
	case f.encoder:
		return 0, tokens
	case f.chunked && c.Window > 0:
		return pos / c.Window * c.Window, pos + 1
	case c.Window > 0:
		return max(0, pos+1-c.Window), pos + 1
	}
	return 0, pos + 1
}

type attendJob pass

// minAttendWork is the least multiplications with keys that a thread takes at
// once: a few microseconds.
const minAttendWork = 32 << 10

// attend sets att, for every row and head:
//
//	att = Σ softmax(q·k[first…pos])[i] · v[i]
func (p *pass) attend(layer int, w *attention) {
	if !p.ok() || len(p.tokenOf) == 0 {
		return
	}
	c := &p.c.Layer[layer]
	p.layer, p.attn = layer, w
	if w.RelBias != nil {
		p.attendAlibi(c)
		return
	}
	if p.c.AlibiBias > 0 {
		p.setSlopes(c)
		if p.fam.encoder {
			p.attendAlibi(c)
			return
		}
	}
	p.cutTiles(c)
	// The heads of a KV head are one work item; more items, each with fewer
	// heads, if there are too few for the threads.
	p.itemHeads = c.Heads / c.KVHeads
	for items := len(p.tiles) * c.KVHeads; p.itemHeads%2 == 0 && items < 2*p.pool.Threads(); items *= 2 {
		p.itemHeads /= 2
	}
	work := p.itemHeads * (p.tiles[0].hi - p.tiles[0].lo) * p.positions * c.KeyDim
	p.pool.Run(len(p.tiles)*c.Heads/p.itemHeads, max(1, minAttendWork/work), (*attendJob)(p))
}

// Do computes work items [lo, hi), pairs of heads and tile. Items of the same
// heads follow each other, so that their keys are in the CPU's cache.
func (p *attendJob) Do(worker, lo, hi int) {
	for i := lo; i < hi && p.ctx.Err() == nil; i++ {
		p.tile(&p.attentions[worker], i/len(p.tiles)*p.itemHeads, p.tiles[i%len(p.tiles)])
	}
}

// tile computes itemHeads heads from head on for a tile.
func (p *attendJob) tile(a *simd.Attention, head int, t tile) {
	c, kv := &p.c.Layer[p.layer], &p.kv.layers[p.layer]
	keys, values := kv.at(head / (c.Heads / c.KVHeads))
	s := p.seqs[(*pass)(p).rowSeq(p.order[t.lo])]
	a.Start(kv.kv, s.seq.Pages(kv.group), keys, values)
	span := simd.Span{Softcap: p.c.AttnSoftcap}
	if p.attn.Sinks != nil {
		span.Sinks = p.attn.Sinks[head : head+p.itemHeads]
	}
	if p.c.AlibiBias > 0 {
		span.Slopes = p.slopes[head : head+p.itemHeads]
	}
	for _, i := range p.order[t.lo:t.hi] {
		t := p.tokenOf[i]
		span.First, span.End = p.fam.sees(c, p.pos[p.base+t], s.tokens)
		span.End += p.tokens[t].Ahead
		q, att := row(p.q, i, c.qDim()), row(p.att, i, c.outDim())
		a.Add(att[head*c.ValueDim:][:p.itemHeads*c.ValueDim], q[head*c.KeyDim:][:p.itemHeads*c.KeyDim], span)
	}
	for a.Next() && p.ctx.Err() == nil {
	}
}
