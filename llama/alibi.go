package llama

import "github.com/querent-ai/chord/simd"

// [alibi] Press et al., Train Short, Test Long, 2021, arXiv:2108.12409

// alibiSlopes returns the slope of each head [alibi]: the powers of 2^(-bias/n) for
// the largest power of two n up to heads, then the odd powers of 2^(-bias/2n).
func alibiSlopes(heads int, bias float64) []float32 {
	n := 1
	for 2*n <= heads {
		n *= 2
	}
	slopes := make([]float32, heads)
	for h := range slopes {
		power := -bias * float64(h+1) / float64(n)
		if h >= n {
			power = -bias / 2 * float64(2*(h-n)+1) / float64(n)
		}
		slopes[h] = float32(simd.Pow(2, power))
	}
	return slopes
}

// maxAlibiBias is the bias of files that do not say it.
const maxAlibiBias = 8

// alibiLayers is the number of layers of the Baichuan that has ALiBi; the one with
// ropeLayers has RoPE. The files do not say it in another way.
const alibiLayers, ropeLayers = 40, 32

// alibi reads whether attention has ALiBi. A model with it has no RoPE.
func (r *keyReader) alibi(c *Config) {
	const key = "attention.max_alibi_bias"
	switch r.fam.alibi {
	case alibiAlways:
		c.AlibiBias = maxAlibiBias
	case alibiByKey:
		if c.AlibiBias = r.float(key, 0); c.AlibiBias < 0 {
			r.bad(key, "%g, want a number above 0", c.AlibiBias)
		}
	case alibiByLayers:
		switch len(c.Layer) {
		case alibiLayers:
			c.AlibiBias, c.RopeDim = maxAlibiBias, 0
		case ropeLayers:
		default:
			r.unsupported("block_count", "%d, known are %d and %d", len(c.Layer), ropeLayers, alibiLayers)
		}
	}
}

// setSlopes sets the slopes of a layer's heads.
func (p *pass) setSlopes(c *LayerConfig) {
	if len(p.slopes) != c.Heads {
		p.slopes = alibiSlopes(c.Heads, p.c.AlibiBias)
	}
}

type alibiJob pass

// attendAlibi sets att, for every row and head of an encoder whose whole batch
// is one piece:
//
//	att = Σ softmax(q·k[j] - slope·|pos-j|) · v[j]
//
// over all tokens j of the sequence, or with the bias of their distance in the place
// of -slope·|pos-j|.
func (p *pass) attendAlibi(c *LayerConfig) {
	p.pool.Run(len(p.tokenOf), 1, (*alibiJob)(p))
}

func (p *alibiJob) Do(_, lo, hi int) {
	var seen []int
	var scores []float32
	for row := lo; row < hi && p.ctx.Err() == nil; row++ {
		seq := (*pass)(p).rowSeq(row)
		seen = seen[:0]
		for t, of := range p.seqOf {
			if of == seq {
				seen = append(seen, t)
			}
		}
		scores = grow(scores, len(seen))
		p.row(row, seen, scores)
	}
}

// row computes all heads of a row that sees the given tokens of the batch.
func (p *alibiJob) row(i int, seen []int, scores []float32) {
	c := &p.c.Layer[p.layer]
	n, group := len(p.tokens), c.Heads/c.KVHeads
	pos := p.pos[p.base+p.tokenOf[i]]
	keys, values := p.k[:n*c.kDim()], p.v[:n*c.vDim()] // those of tokens without an output too
	for h := range c.Heads {
		q := row(row(p.q, i, c.qDim()), h, c.KeyDim)
		for j, t := range seen {
			scores[j] = simd.Dot(q, row(row(keys, t, c.kDim()), h/group, c.KeyDim))
			if rel := p.attn.RelBias; rel != nil {
				scores[j] += row(rel, (*pass)(p).relBucket(p.pos[t]-pos), c.Heads)[h]
				continue
			}
			distance := float32(max(pos-p.pos[t], p.pos[t]-pos))
			scores[j] -= float32(p.slopes[h] * distance)
		}
		simd.Softmax(scores)
		att := row(row(p.att, i, c.outDim()), h, c.ValueDim)
		clear(att)
		for j, t := range seen {
			for d, v := range row(row(values, t, c.vDim()), h/group, c.ValueDim) {
				att[d] += float32(scores[j] * v) // rounded, so that no compiler fuses it with the addition
			}
		}
	}
}
