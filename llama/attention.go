package llama

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

type turnJob pass

// turn rotates queries and keys by their positions, scales the queries by
// 1/√HeadDim and stores keys and values in the caches of their sequences.
func (p *pass) turn(layer int) {
	if p.ok() {
		p.layer = layer
		p.pool.Run(len(p.at), rowStep, (*turnJob)(p))
	}
}

func (p *turnJob) Do(_, lo, hi int) {
	c := p.c
	scale := float32(1 / math.Sqrt(float64(c.HeadDim)))
	for i := lo; i < hi; i++ {
		pos := p.pos[p.base+i]
		cos, sin := p.rope.at(pos)
		q, k, v := row(p.q, i, c.qDim()), row(p.k, i, c.kvDim()), row(p.v, i, c.kvDim())
		for h := range c.Heads {
			simd.RoPE(row(q, h, c.HeadDim)[:c.RopeDim], cos, sin)
		}
		for d := range q {
			q[d] *= scale
		}
		for h := range c.KVHeads {
			simd.RoPE(row(k, h, c.HeadDim)[:c.RopeDim], cos, sin)
		}
		p.kv.store(p.tokens[i].Seq.pages, pos, p.layer, k, v)
	}
}

// row returns row i of x, whose rows have n elements.
func row(x []float32, i, n int) []float32 { return x[i*n : (i+1)*n : (i+1)*n] }

type attendJob pass

// attendWork is how many keys' elements a piece of attention looks at, at
// least: a few microseconds.
const attendWork = 32 << 10

// attend sets att to the attention of every row and head:
//
//	att = Σ softmax(q·k[0…pos])[i] · v[i]
func (p *pass) attend(layer int) {
	if p.ok() {
		p.layer = layer
		step := max(1, attendWork/(len(p.scores[0])*p.c.HeadDim))
		p.pool.Run(p.c.Heads*len(p.at), step, (*attendJob)(p))
	}
}

// Do handles pairs of head and row; those of one head follow each other and
// find its keys in the cache.
func (p *attendJob) Do(worker, lo, hi int) {
	for i := lo; i < hi && p.ctx.Err() == nil; i++ {
		p.head(p.scores[worker], i/len(p.at), i%len(p.at))
	}
}

// head computes one head of row i.
func (p *attendJob) head(scores []float32, head, i int) {
	c := p.c
	pos, seq := p.pos[p.base+p.at[i]], p.tokens[p.at[i]].Seq
	q, out := row(row(p.q, i, c.qDim()), head, c.HeadDim), row(row(p.att, i, c.qDim()), head, c.HeadDim)
	kvHead := head / (c.Heads / c.KVHeads)
	scores = scores[:pos+1]
	p.kv.dot(scores, q, seq.pages, p.layer, kvHead)
	simd.Softmax(scores)
	clear(out)
	p.kv.axpy(out, scores, seq.pages, p.layer, kvHead)
}
