package llama

import "github.com/querent-ai/chord/simd"

// Attention with a gate: attn_q has, for each head, the rows of the query and then
// those of a gate, and attention's output is multiplied by the gate's sigmoid.

// takeQuery sets q to the queries of row i of queryGates.
func (p *pass) takeQuery(q []float32, i, heads, dim int) {
	both := row(p.queryGates, i, 2*len(q))
	for h := range heads {
		copy(row(q, h, dim), row(both, h, 2*dim))
	}
}

type attnGateJob pass

// gateAttention multiplies the rows of att by the sigmoids of their gates.
func (p *pass) gateAttention(layer int) {
	if p.ok() {
		p.layer = layer
		p.pool.Run(len(p.tokenOf), rowStep, (*attnGateJob)(p))
	}
}

func (p *attnGateJob) Do(_, lo, hi int) {
	c := &p.c.Layer[p.layer]
	dim := c.KeyDim
	for i := lo; i < hi; i++ {
		att, both := row(p.att, i, c.outDim()), row(p.queryGates, p.tokenOf[i], 2*c.qDim())
		for h := range c.Heads {
			out := row(att, h, dim)
			simd.SigmoidMul(out, row(both, h, 2*dim)[dim:], out)
		}
	}
}
