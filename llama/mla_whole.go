package llama

import "github.com/querent-ai/chord/simd"

// MixWholeMLA is attention with keys and values of low rank whose file has the
// matrix that makes keys and values of the short vector as one tensor, attn_kv_b,
// in which the rows of keys and values of a head follow each other. As they are
// quantised along the rank, the products with them cannot be done with the queries
// instead, and every head's keys and values are cached.

// wholeMLAHeads reads the sizes of MixWholeMLA.
func (r *keyReader) wholeMLAHeads(c *Config) {
	c.QRank, c.KVRank = r.countOrZero("attention.q_lora_rank", 0), r.mustCount("attention.kv_lora_rank")
	for i := range c.Layer {
		l, first := &c.Layer[i], &c.Layer[0]
		l.Mixer = MixWholeMLA
		switch {
		case l.KVHeads != l.Heads:
			r.bad("attention.head_count_kv", "%d, want that of the heads, %d", l.KVHeads, l.Heads)
		case l.KeyDim != first.KeyDim || l.ValueDim != first.ValueDim:
			r.unsupported("attention.key_length", "%d in one layer, %d in another", first.KeyDim, l.KeyDim)
		case c.RopeDim < 2 || c.RopeDim >= l.KeyDim:
			r.bad("rope.dimension_count", "%d, want less than key_length %d", c.RopeDim, l.KeyDim)
		case int64(l.Heads)*(int64(l.KeyDim)+int64(l.ValueDim)) > maxCount:
			r.bad("attention.key_length", "%d heads of %d and %d", l.Heads, l.KeyDim, l.ValueDim)
		case int64(c.KVRank)+int64(c.RopeDim) > maxCount:
			r.bad("attention.kv_lora_rank", "%d, beside %d that rotate", c.KVRank, c.RopeDim)
		}
	}
	c.MLAKeyDim, c.MLAValueDim = c.Layer[0].KeyDim, c.Layer[0].ValueDim
}

// wholeLatentAttention sets every row of dst to the output of MixWholeMLA for n.
func (p *pass) wholeLatentAttention(dst, n []float32, l int, w *mla) {
	c, rows, rank := &p.c.Layer[l], len(p.tokenOf), p.c.KVRank
	p.latentQueries(n, c, w)
	p.mlaState.mla, p.layer = w, l
	p.low = grow(p.low, rows*(rank+p.c.RopeDim))
	p.heads, p.product = grow(p.heads, rows*rank), grow(p.product, rows*w.KVB.W.Rows())
	p.mul(n, product{p.low, &w.KVA})
	p.forRows((*shortJob)(p))
	p.mul(p.heads, product{p.product, &w.KVB})
	p.forRows((*wholeJob)(p))
	if l == p.lastKV && p.observe == nil {
		p.keepOutputRows(c.qDim())
		rows = len(p.tokenOf)
	}
	p.attend(l, &w.inner)
	p.mul(p.att[:rows*c.outDim()], product{dst[:rows*p.c.Dim], &w.inner.Output})
}

type shortJob pass

// Do copies the short vectors, normed, from low to heads, and rotates the part of
// the keys behind them, which all heads share.
func (p *shortJob) Do(_, lo, hi int) {
	rank := p.c.KVRank
	for i := lo; i < hi; i++ {
		low := row(p.low, i, rank+p.c.RopeDim)
		(*pass)(p).normed(row(p.heads, i, rank), low[:rank], p.mlaState.mla.KVANorm)
		cos, sin := p.ropes.table(p.layer, p.tokens[i].Long).at(p.pos[p.base+i])
		(*pass)(p).rotatePairs(low[rank:], cos, sin)
	}
}

type wholeJob pass

// Do rotates and scales the queries and copies them to q, and stores every head's
// keys and values in the cache.
func (p *wholeJob) Do(worker, lo, hi int) {
	c, rank := &p.c.Layer[p.layer], p.c.KVRank
	nope := c.KeyDim - p.c.RopeDim
	for i := lo; i < hi; i++ {
		pos := p.pos[p.base+i]
		cos, sin := p.ropes.table(p.layer, p.tokens[i].Long).at(pos)
		q, k, v := row(p.q, i, c.qDim()), row(p.k, i, c.kDim()), row(p.v, i, c.vDim())
		copy(q, row(p.queries, i, c.qDim()))
		made := row(p.product, i, c.Heads*(nope+c.ValueDim))
		rotated := row(p.low, i, rank+p.c.RopeDim)[rank:]
		for h := range c.Heads {
			(*pass)(p).rotatePairs(row(q, h, c.KeyDim)[nope:], cos, sin)
			both := row(made, h, nope+c.ValueDim)
			key := row(k, h, c.KeyDim)
			copy(key, both[:nope])
			copy(key[nope:], rotated)
			copy(row(v, h, c.ValueDim), both[nope:])
		}
		simd.Scale(q, p.c.queryScale(c, pos))
		p.kv.store(&p.writers[worker], p.seqs[p.seqOf[p.base+i]].seq, pos, p.layer, c, k, v)
	}
}
