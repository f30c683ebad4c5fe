package llama

import "github.com/querent-ai/chord/simd"

// The operations over rows and elements. Each is a job of the pool, and its type
// is the pass under another name, so that running it allocates nothing.

// The least rows and elements that a thread takes at once: a few microseconds.
const (
	rowStep  = 4
	elemStep = 4096
)

type embedJob pass

// embed sets every row of dst to the embedding of its token.
func (p *pass) embed(dst []float32) {
	if p.ok() {
		p.dst = dst
		p.pool.Run(len(p.tokenOf), rowStep, (*embedJob)(p))
	}
}

func (p *embedJob) Do(worker, lo, hi int) {
	for i := lo; i < hi; i++ {
		x := row(p.dst, i, p.c.Dim)
		if embd := p.tokens[i].Embd; embd != nil {
			copy(x, embd)
			continue
		}
		p.w.TokenEmbd.Row(x, int(p.tokens[i].ID))
		if set := p.tokens[i].Adapters; set != nil {
			p.loras.workers[worker].adaptEmbedding(x, int(p.tokens[i].ID), set)
		}
		if s := p.c.EmbdScale; s != 1 {
			simd.Scale(x, s)
		}
		learned := row(p.h, i, p.c.Dim)
		if p.w.TokenTypes != nil {
			p.w.TokenTypes.Row(learned, 0)
			simd.Add(x, learned)
		}
		if p.w.PositionEmbd != nil {
			p.w.PositionEmbd.Row(learned, p.pos[p.base+i])
			simd.Add(x, learned)
		}
	}
}

type normJob pass

// norm sets every row of dst to the norm of src's row and returns dst. Without
// weights it does nothing and returns src.
func (p *pass) norm(dst, src []float32, w norm) []float32 {
	if w.W == nil {
		return src
	}
	if p.ok() {
		p.dst, p.src, p.normWeights = dst, src, w
		p.pool.Run(len(p.tokenOf), rowStep, (*normJob)(p))
	}
	return dst
}

func (p *normJob) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		(*pass)(p).normed(row(p.dst, i, p.c.Dim), row(p.src, i, p.c.Dim), p.normWeights)
	}
}

type normRowsJob pass

// normRows norms every row of x, as wide as the weights; without weights it does
// nothing.
func (p *pass) normRows(x []float32, w norm) {
	if w.W != nil && p.ok() {
		p.dst, p.normWeights = x, w
		p.pool.Run(len(x)/len(w.W), rowStep, (*normRowsJob)(p))
	}
}

func (p *normRowsJob) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		x := row(p.dst, i, len(p.normWeights.W))
		(*pass)(p).normed(x, x, p.normWeights)
	}
}

// normed sets dst to the norm of one vector.
func (p *pass) normed(dst, x []float32, w norm) {
	if p.fam.norm == normLayer {
		simd.LayerNorm(dst, x, w.W, p.c.NormEps)
	} else {
		simd.RMSNorm(dst, x, w.W, p.c.NormEps)
	}
	if w.Bias != nil {
		simd.Add(dst, w.Bias)
	}
}

type addJob pass

// add adds src, times ResidualScale, to dst. It may change src.
func (p *pass) add(dst, src []float32) {
	if p.ok() {
		p.dst, p.src = dst, src
		p.pool.Run(len(dst), elemStep, (*addJob)(p))
	}
}

func (p *addJob) Do(_, lo, hi int) {
	if s := p.c.ResidualScale; s != 1 {
		simd.Scale(p.src[lo:hi], s)
	}
	simd.Add(p.dst[lo:hi], p.src[lo:hi])
}

type actJob pass

// act sets gate to act(gate)·up, or to act(gate) if up is nil.
func (p *pass) act(gate, up []float32) { p.actWithin(gate, up, 0) }

// actWithin is act for an activation that a limit above 0 bounds: act(gate) above, up
// on both sides.
func (p *pass) actWithin(gate, up []float32, limit float32) {
	if p.ok() {
		p.dst, p.src, p.limit = gate, up, limit
		p.pool.Run(len(gate), elemStep, (*actJob)(p))
	}
}

func (p *actJob) Do(_, lo, hi int) {
	gate, up := p.dst[lo:hi], ones[:hi-lo]
	if p.src != nil {
		up = p.src[lo:hi]
	}
	act := p.fam.act
	if p.c.SiLU {
		act = actSiLU
	}
	if p.limit > 0 && p.src != nil {
		siluWithin(gate, gate, up, p.limit)
		return
	}
	switch act {
	case actSiLU:
		simd.SiLUMul(gate, gate, up)
	case actGELU:
		if p.fam.relative && p.src == nil {
			reluMul(gate, gate, up)
			return
		}
		simd.GELUMul(gate, gate, up)
	case actXIELU:
		xieluMul(gate, gate, up, &p.c.Layer[p.layer].XIELU)
	case actReLU2:
		relu2Mul(gate, gate, up)
	case actReLU:
		reluMul(gate, gate, up)
	case actSwiGLUOAI:
		simd.SwiGLUOAI(gate, gate, up)
	}
}

// ones replace up where there is none.
var ones = func() (x [elemStep]float32) {
	for i := range x {
		x[i] = 1
	}
	return x
}()

type logitsJob pass

// scaleLogits multiplies logits by LogitScale and caps them at FinalSoftcap.
func (p *pass) scaleLogits(x []float32) {
	if p.ok() && (p.c.LogitScale != 1 || p.c.FinalSoftcap > 0) {
		p.dst = x
		p.pool.Run(len(x), elemStep, (*logitsJob)(p))
	}
}

func (p *logitsJob) Do(_, lo, hi int) {
	x := p.dst[lo:hi]
	if s := p.c.LogitScale; s != 1 {
		simd.Scale(x, s)
	}
	if s := p.c.FinalSoftcap; s > 0 {
		simd.Softcap(x, s)
	}
}
