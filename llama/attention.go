package llama

import (
	"math"
	"slices"

	"github.com/querent-ai/chord/simd"
)

// attendState is what attention works with.
type attendState struct {
	writers    []simd.KVWriter  // of every thread
	attentions []simd.Attention // of every thread
	order      []int            // of rows: those of a sequence follow each other
	tiles      []tile
	positions  int // of the longest sequence
	together   int // heads in a piece
}

type rotateJob pass

// rotate rotates queries and keys by their positions, scales queries and stores
// keys and values in the caches of their sequences.
func (p *pass) rotate(layer int, w *attention) {
	if p.ok() {
		p.layer, p.attn = layer, w
		p.pool.Run(len(p.at), rowStep, (*rotateJob)(p))
	}
}

func (p *rotateJob) Do(worker, lo, hi int) {
	c := &p.c.Layer[p.layer]
	for i := lo; i < hi; i++ {
		pos := p.pos[p.base+i]
		angles := p.ropes.table(p.layer, p.tokens[i].Long)
		q, k, v := row(p.q, i, c.qDim()), row(p.k, i, c.kDim()), row(p.v, i, c.vDim())
		(*pass)(p).rotateHeads(q, c.KeyDim, p.attn.QNorm, angles, pos)
		simd.Scale(q, p.c.queryScale(c, pos))
		(*pass)(p).rotateHeads(k, c.KeyDim, p.attn.KNorm, angles, pos)
		p.kv.store(&p.writers[worker], p.seqs[p.seqOf[p.base+i]].seq, pos, p.layer, c, k, v)
	}
}

// rotateHeads norms the heads of a token's queries or keys, dim elements each,
// and rotates them by its position.
func (p *pass) rotateHeads(x []float32, dim int, w norm, angles *rope, pos int) {
	p.headNorm(x, dim, w)
	if angles == nil {
		return
	}
	cos, sin := angles.at(pos)
	for h := range len(x) / dim {
		head := row(x, h, dim)[:p.c.RopeDim]
		if p.fam.rope == ropeHalves {
			simd.RoPEHalves(head, cos, sin)
		} else {
			simd.RoPE(head, cos, sin)
		}
	}
}

// headNorm norms each head, with the same weights or each with its own, or all
// heads as one vector.
func (p *pass) headNorm(x []float32, dim int, w norm) {
	switch {
	case w.W == nil:
	case p.fam.qkNorm == qkNormAll:
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

// queryScale returns what a layer's queries of position pos are multiplied by.
func (c *Config) queryScale(l *LayerConfig, pos int) float32 {
	if c.AttnTemp == 0 {
		return l.AttnScale
	}
	grown := 1 + float64(c.AttnTemp*simd.Log(math.Floor(float64(pos)/float64(c.RopeContext))+1))
	return float32(float64(l.AttnScale) * grown)
}

// row returns row i of x, whose rows have n elements.
func row[T any](x []T, i, n int) []T { return x[i*n : (i+1)*n : (i+1)*n] }

// sortRows puts the rows of a sequence together, wherever they are in the batch.
func (p *pass) sortRows() {
	p.order = grow(p.order, len(p.at))
	for i := range p.order {
		p.order[i] = i
	}
	slices.SortStableFunc(p.order, func(a, b int) int { return p.rowSeq(a) - p.rowSeq(b) })
}

// rowSeq returns the place in seqs of a row's sequence.
func (p *pass) rowSeq(row int) int { return p.seqOf[p.base+p.at[row]] }

// A tile is the rows order[lo:hi]: tokens of one sequence, whose queries share
// what they read of the cache.
type tile struct{ lo, hi int }

// tileQueries is how many queries a tile has, at least one row's: enough to
// find keys and values in the nearest cache most of the time.
const tileQueries = 32

// cutTiles makes tiles of the rows for a layer.
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

type attendJob pass

// attendWork is how many products of keys a piece of attention has, at least: a
// few microseconds.
const attendWork = 32 << 10

// attend sets att to the attention of every row and head:
//
//	att = Σ softmax(q·k[first…pos])[i] · v[i]
func (p *pass) attend(layer int, w *attention) {
	if !p.ok() || len(p.at) == 0 {
		return
	}
	c := &p.c.Layer[layer]
	p.layer, p.attn = layer, w
	p.cutTiles(c)
	// Heads that share keys stay together, unless some threads had no work.
	p.together = c.Heads / c.KVHeads
	for items := len(p.tiles) * c.KVHeads; p.together%2 == 0 && items < 2*p.pool.Threads(); items *= 2 {
		p.together /= 2
	}
	work := p.together * (p.tiles[0].hi - p.tiles[0].lo) * p.positions * c.KeyDim
	p.pool.Run(len(p.tiles)*c.Heads/p.together, max(1, attendWork/work), (*attendJob)(p))
}

// Do handles pairs of heads and tile; those of the same heads follow each other
// and find their keys in the cache.
func (p *attendJob) Do(worker, lo, hi int) {
	for i := lo; i < hi && p.ctx.Err() == nil; i++ {
		p.tile(&p.attentions[worker], i/len(p.tiles)*p.together, p.tiles[i%len(p.tiles)])
	}
}

// tile computes some heads from the given one on, which share keys, for a tile.
func (p *attendJob) tile(a *simd.Attention, head int, t tile) {
	c, kv := &p.c.Layer[p.layer], &p.kv.layers[p.layer]
	keys, values := kv.at(head / (c.Heads / c.KVHeads))
	s := p.seqs[(*pass)(p).rowSeq(p.order[t.lo])]
	a.Start(kv.kv, s.seq.Pages(kv.group), keys, values)
	look := simd.Span{Softcap: p.c.AttnSoftcap}
	if p.attn.Sinks != nil {
		look.Sinks = p.attn.Sinks[head : head+p.together]
	}
	for _, i := range p.order[t.lo:t.hi] {
		pos := p.pos[p.base+p.at[i]]
		look.First, look.End = 0, pos+1
		if p.fam.encoder {
			look.End = s.tokens
		}
		if c.Window > 0 {
			look.First = max(0, look.End-c.Window)
		}
		q, att := row(p.q, i, c.qDim()), row(p.att, i, c.outDim())
		a.Add(att[head*c.ValueDim:][:p.together*c.ValueDim], q[head*c.KeyDim:][:p.together*c.KeyDim], look)
	}
	for a.Next() && p.ctx.Err() == nil {
	}
}

// takeEmbeddings copies the rows of n that are asked for as they are and returns
// the others, whose logits are.
func (p *pass) takeEmbeddings(n []float32) []float32 {
	if !p.ok() {
		return nil
	}
	dim, kept := p.c.Dim, 0
	for i, t := range p.at {
		if p.tokens[t].Out == OutEmbd {
			copy(p.out.Row(p.base+t), row(n, i, dim))
			continue
		}
		if kept < i {
			copy(row(n, kept, dim), row(n, i, dim))
		}
		kept++
	}
	return n[:kept*dim]
}

// logitRows returns the piece's part of the logits, (n, Vocab).
func (p *pass) logitRows(n int) []float32 {
	if n == 0 {
		return nil
	}
	for _, t := range p.at {
		if p.tokens[t].Out == OutLogits {
			first := p.out.row[p.base+t]
			return p.out.logits[first*p.c.Vocab : (first+n)*p.c.Vocab]
		}
	}
	return nil
}
