package llama

import "github.com/querent-ai/chord/simd"

// The operations over rows and elements. Each is a job, the pass itself under
// another name, so that sharing it out allocates nothing.

// Pieces of jobs: a few microseconds each.
const (
	rowStep  = 4
	elemStep = 4096
)

type embedJob pass

// embed sets every row of dst to the embedding of its token.
func (p *pass) embed(dst []float32) {
	if p.ok() {
		p.dst = dst
		p.pool.Run(len(p.at), rowStep, (*embedJob)(p))
	}
}

func (p *embedJob) Do(_, lo, hi int) {
	dim := p.c.Dim
	for i := lo; i < hi; i++ {
		p.w.TokenEmbd.Row(p.dst[i*dim:(i+1)*dim], int(p.tokens[i].ID))
	}
}

type normJob pass

// norm sets every row of dst to the RMSNorm of src's, times w.
func (p *pass) norm(dst, src, w []float32) {
	if p.ok() {
		p.dst, p.src, p.arg = dst, src, w
		p.pool.Run(len(p.at), rowStep, (*normJob)(p))
	}
}

func (p *normJob) Do(_, lo, hi int) {
	dim := p.c.Dim
	for i := lo; i < hi; i++ {
		simd.RMSNorm(p.dst[i*dim:(i+1)*dim], p.src[i*dim:(i+1)*dim], p.arg, p.c.NormEps)
	}
}

type addJob pass

// add adds src to dst.
func (p *pass) add(dst, src []float32) {
	if p.ok() {
		p.dst, p.src = dst, src
		p.pool.Run(len(dst), elemStep, (*addJob)(p))
	}
}

func (p *addJob) Do(_, lo, hi int) { simd.Add(p.dst[lo:hi], p.src[lo:hi]) }

type biasJob pass

// addBias adds bias to every row of dst.
func (p *pass) addBias(dst, bias []float32) {
	if len(bias) > 0 && p.ok() {
		p.dst, p.arg = dst, bias
		p.pool.Run(len(p.at), rowStep, (*biasJob)(p))
	}
}

func (p *biasJob) Do(_, lo, hi int) {
	n := len(p.arg)
	for i := lo; i < hi; i++ {
		simd.Add(p.dst[i*n:(i+1)*n], p.arg)
	}
}

type siluMulJob pass

// siluMul sets gate to silu(gate)·up.
func (p *pass) siluMul(gate, up []float32) {
	if p.ok() {
		p.dst, p.src = gate, up
		p.pool.Run(len(gate), elemStep, (*siluMulJob)(p))
	}
}

func (p *siluMulJob) Do(_, lo, hi int) {
	simd.SiLUMul(p.dst[lo:hi], p.dst[lo:hi], p.src[lo:hi])
}
