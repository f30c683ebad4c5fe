package llama

import "github.com/querent-ai/chord/simd"

// mlaState are the buffers of MLA.
type mlaState struct {
	mla     *mla
	low     []float32 // (rows, QRank)
	queries []float32 // (rows, Heads·MLAKeyDim); then attention's output (rows, Heads·MLAValueDim)
	heads   []float32 // (Heads, rows, n): one head of all rows after the other, the input of products
	product []float32 // the same, their output
}

// latentAttention sets every row of dst to the output of MLA for n.
func (p *pass) latentAttention(dst, n []float32, l int, w *mla) {
	c := &p.c.Layer[l]
	rows := len(p.tokenOf)
	p.latentQueries(n, c, w)
	p.mul(n, product{p.k[:rows*c.KeyDim], &w.KVA})
	nope := p.c.MLAKeyDim - p.c.RopeDim
	p.mlaState.mla, p.layer = w, l
	p.heads, p.product = grow(p.heads, c.Heads*rows*nope), grow(p.product, c.Heads*rows*p.c.KVRank)
	p.forRows((*splitJob)(p))
	for h := range w.KB {
		p.mul(p.heads[h*rows*nope:(h+1)*rows*nope], product{p.product[h*rows*p.c.KVRank : (h+1)*rows*p.c.KVRank], &w.KB[h]})
	}
	p.forRows((*absorbJob)(p))
	if l == p.lastKV && p.observe == nil {
		p.keepOutputRows(c.qDim())
		rows = len(p.tokenOf)
	}
	p.attend(l, &w.inner)
	p.latentValues(c, w, l)
	p.mul(p.queries[:rows*c.Heads*p.c.MLAValueDim], product{dst[:rows*p.c.Dim], &w.inner.Output})
}

// latentQueries sets queries to the heads' queries of n, before RoPE.
func (p *pass) latentQueries(n []float32, c *LayerConfig, w *mla) {
	rows := len(p.tokenOf)
	p.queries = grow(p.queries, rows*c.Heads*max(p.c.MLAKeyDim, p.c.MLAValueDim))
	queries := p.queries[:rows*c.Heads*p.c.MLAKeyDim]
	if w.Q.W != nil {
		p.mul(n, product{queries, &w.Q})
		return
	}
	p.low = grow(p.low, rows*p.c.QRank)
	p.mul(n, product{p.low, &w.QA})
	p.mlaState.mla = w
	p.forRows((*lowJob)(p))
	p.mul(p.low, product{queries, &w.QB})
}

// latentValues sets queries to VB·att of every head.
func (p *pass) latentValues(c *LayerConfig, w *mla, l int) {
	rows, rank, value := len(p.tokenOf), p.c.KVRank, p.c.MLAValueDim
	p.heads, p.product = grow(p.heads, c.Heads*rows*rank), grow(p.product, c.Heads*rows*value)
	p.layer = l
	p.forRows((*gatherHeadsJob)(p))
	for h := range w.VB {
		p.mul(p.heads[h*rows*rank:(h+1)*rows*rank], product{p.product[h*rows*value : (h+1)*rows*value], &w.VB[h]})
	}
	p.forRows((*joinHeadsJob)(p))
}

// forRows runs a job over the rows of the piece.
func (p *pass) forRows(j simd.Job) {
	if p.ok() {
		p.pool.Run(len(p.tokenOf), rowStep, j)
	}
}

type lowJob pass

// Do norms low.
func (p *lowJob) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		x := row(p.low, i, p.c.QRank)
		(*pass)(p).normed(x, x, p.mlaState.mla.QANorm)
	}
}

type splitJob pass

// Do copies the parts of the queries that do not rotate to heads, rotates the
// others and copies them to q, and stores keys and values in the cache.
func (p *splitJob) Do(worker, lo, hi int) {
	c, rope, rank := &p.c.Layer[p.layer], p.c.RopeDim, p.c.KVRank
	key, rows := p.c.MLAKeyDim, len(p.tokenOf)
	nope := key - rope
	for i := lo; i < hi; i++ {
		pos := p.pos[p.base+i]
		var cos, sin []float32
		if t := p.ropes.table(p.layer, p.tokens[i].Long); t != nil {
			cos, sin = t.at(pos)
		}
		for h := range c.Heads {
			src := row(row(p.queries, i, c.Heads*key), h, key)
			copy(row(p.heads, h*rows+i, nope), src)
			rotated := row(row(p.q, i, c.qDim()), h, c.KeyDim)[rank:]
			copy(rotated, src[nope:])
			if cos != nil {
				(*pass)(p).rotatePairs(rotated, cos, sin)
			}
		}
		k := row(p.k, i, c.KeyDim)
		if cos != nil {
			(*pass)(p).rotatePairs(k[rank:], cos, sin)
		}
		(*pass)(p).normed(k[:rank], k[:rank], p.mlaState.mla.KVANorm)
		p.kv.store(&p.writers[worker], p.seqs[p.seqOf[p.base+i]].seq, pos, p.layer, c, k, k[:rank])
	}
}

type absorbJob pass

// Do copies the products of queries and KB to q, and scales q.
func (p *absorbJob) Do(_, lo, hi int) {
	c, rank, rows := &p.c.Layer[p.layer], p.c.KVRank, len(p.tokenOf)
	for i := lo; i < hi; i++ {
		q := row(p.q, i, c.qDim())
		for h := range c.Heads {
			copy(row(q, h, c.KeyDim), row(p.product, h*rows+i, rank))
		}
		simd.Scale(q, p.c.queryScale(c, p.pos[p.base+i]))
	}
}

type gatherHeadsJob pass

// Do copies attention's output to heads.
func (p *gatherHeadsJob) Do(_, lo, hi int) {
	c, rank, rows := &p.c.Layer[p.layer], p.c.KVRank, len(p.tokenOf)
	for i := lo; i < hi; i++ {
		for h := range c.Heads {
			copy(row(p.heads, h*rows+i, rank), row(row(p.att, i, c.outDim()), h, rank))
		}
	}
}

type joinHeadsJob pass

// Do copies the values of all heads to queries, side by side.
func (p *joinHeadsJob) Do(_, lo, hi int) {
	c, value, rows := &p.c.Layer[p.layer], p.c.MLAValueDim, len(p.tokenOf)
	for i := lo; i < hi; i++ {
		for h := range c.Heads {
			copy(row(row(p.queries, i, c.Heads*value), h, value), row(p.product, h*rows+i, value))
		}
	}
}
