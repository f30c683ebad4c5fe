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

// gateOutput multiplies attention's output by the sigmoid of Gate·n, n being
// attention's input.
func (p *pass) gateOutput(c *LayerConfig, w *attention) {
	if w.Gate.W == nil {
		return
	}
	rows := len(p.tokenOf)
	p.attGate = grow(p.attGate, rows*c.outDim())
	p.mul(p.n[:rows*p.c.Dim], product{p.attGate, &w.Gate})
	if p.ok() {
		p.pool.Run(len(p.attGate), elemStep, (*gateJob)(p))
	}
}

func (p *gateJob) Do(_, lo, hi int) {
	simd.SigmoidMul(p.att[lo:hi], p.attGate[lo:hi], p.att[lo:hi])
}
