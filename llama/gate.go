package llama

import "github.com/querent-ai/chord/simd"

// clamp bounds the elements of x; a limit of 0 is none.
func clamp(x []float32, limit float32) {
	if limit == 0 {
		return
	}
	for i, v := range x {
		x[i] = min(max(v, -limit), limit)
	}
}

type gateJob pass

// gateOutput multiplies attention's output by the sigmoid or softplus of Gate·n, n
// being attention's input: each element, or each head if Gate has a row for it.
func (p *pass) gateOutput(c *LayerConfig, w *attention) {
	if w.Gate.W == nil {
		return
	}
	rows := len(p.tokenOf)
	p.attGate = grow(p.attGate, rows*w.Gate.W.Rows())
	p.mul(p.n[:rows*p.c.Dim], product{p.attGate, &w.Gate})
	switch {
	case !p.ok():
	case p.fam.outGate == outGateSoftplus || w.Gate.W.Rows() != c.outDim():
		p.forRows((*rowGateJob)(p))
	default:
		p.pool.Run(len(p.attGate), elemStep, (*gateJob)(p))
	}
}

func (p *gateJob) Do(_, lo, hi int) {
	simd.SigmoidMul(p.att[lo:hi], p.attGate[lo:hi], p.att[lo:hi])
}

type rowGateJob pass

func (p *rowGateJob) Do(_, lo, hi int) {
	c := &p.c.Layer[p.layer]
	gates := p.attn.Gate.W.Rows()
	for i := lo; i < hi; i++ {
		att := row(p.att, i, c.outDim())
		for k, x := range row(p.attGate, i, gates) {
			f := x
			if p.fam.outGate == outGateSoftplus {
				f = simd.Softplus(x)
			} else {
				f = simd.Sigmoid(x)
			}
			simd.Scale(row(att, k, len(att)/gates), f)
		}
	}
}
