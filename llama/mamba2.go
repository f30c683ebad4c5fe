package llama

import "github.com/querent-ai/chord/simd"

// [mamba2] Dao, Gu, Transformers are SSMs, 2024, arXiv:2405.21060

// mamba2 is the mixer [MixMamba2].
type mamba2 struct {
	Z    linear // of ssm_in, (Inner, Dim): gate of the output
	In   linear // of ssm_in, (Inner + 2·Groups·State, Dim): values, keys (B), queries (C)
	DT   linear // of ssm_in, (Heads, Dim): time steps
	Conv convWeights
	Bias []float32 // ssm_dt.bias, (Heads,)
	A, D []float32 // ssm_a, ssm_d, (Heads,)
	Norm []float32 // ssm_norm, (Inner,): of each group of heads; nil: none
	Out  linear    // ssm_out, (Dim, Inner)
}

// mamba2 reads the mixer of a layer.
func (l *loader) mamba2(prefix string) *mamba2 {
	s, dim := &l.c.SSM, l.c.Dim
	in, rows, values := prefix+"ssm_in", s.Inner+s.Channels+s.Heads, s.Inner+s.Channels
	m := &mamba2{
		Z:    l.rows(in, rows, dim, 0, s.Inner),
		In:   l.rows(in, rows, dim, s.Inner, values),
		DT:   l.rows(in, rows, dim, values, rows),
		Conv: l.conv(prefix + "ssm_conv1d"),
		Bias: l.vector(prefix+"ssm_dt.bias", s.Heads),
		A:    l.vector(prefix+"ssm_a", 1, s.Heads),
		D:    l.vector(prefix+"ssm_d", 1, s.Heads),
		Out:  l.linear(prefix+"ssm_out", dim, s.Inner),
	}
	m.Conv.SiLU = true
	if name := prefix + "ssm_norm.weight"; l.has(name) {
		m.Norm = l.vector(name, s.Inner/s.Groups, s.Groups)
	}
	return m
}

// bytes returns the size of the matrices.
func (m *mamba2) bytes() int64 { return m.Z.bytes() + m.In.bytes() + m.DT.bytes() + m.Out.bytes() }

// mamba2 sets every row of dst to what the layer reads from its state, after each
// token has changed the state [mamba2]: with x, B and C of the convolution of n's
// product and t = softplus(DT·n + Bias), for each head
//
//	S = exp(t·A)·S + t·x·Bᵀ
//	y = (S·C + D·x) * SiLU(z)
//
// and then the norm of each group of heads.
func (p *pass) mamba2(dst, n []float32, layer int, w *mamba2) {
	s, r, rows := &p.c.SSM, &p.recurrence, len(p.tokenOf)
	r.in, r.conv = grow(r.in, rows*s.Channels), grow(r.conv, rows*s.Channels)
	r.z, r.out = grow(r.z, rows*s.Inner), grow(r.out, rows*s.Inner)
	r.decay = grow(r.decay, rows*s.Heads)
	p.mul(n, product{r.z, &w.Z}, product{r.in, &w.In}, product{r.decay, &w.DT})
	p.convolve(layer, &w.Conv)
	if p.ok() {
		p.layer, r.mamba = layer, w
		p.pool.Run(len(r.runs)*s.Heads, 1, (*mamba2Job)(p))
		p.pool.Run(rows, rowStep, (*mamba2NormJob)(p))
	}
	p.mul(r.out, product{dst, &w.Out})
}

type mamba2Job pass

// Do computes work items [lo, hi), pairs of a sequence and a head: one worker
// keeps the state of a head in its cache for all tokens of the sequence.
func (p *mamba2Job) Do(_, lo, hi int) {
	for i := lo; i < hi && p.ctx.Err() == nil; i++ {
		p.head(p.recurrence.runs[i/p.c.SSM.Heads], i%p.c.SSM.Heads)
	}
}

// head computes a head for the rows of a sequence.
func (p *mamba2Job) head(run tile, h int) {
	s, r := &p.c.SSM, &p.recurrence
	w, dim, group := r.mamba, s.headDim(), h/(s.Heads/s.Groups)
	state := row((*pass)(p).state(run)[s.convLen():], h, dim*s.State)
	for _, i := range p.order[run.lo:run.hi] {
		conv := row(r.conv, i, s.Channels)
		x := row(conv, h, dim)
		b, c := row(conv[s.Inner:], group, s.State), row(conv[s.Inner:], s.Groups+group, s.State)
		step := simd.Softplus(row(r.decay, i, s.Heads)[h] + w.Bias[h])
		y := row(row(r.out, i, s.Inner), h, dim)
		simd.SSMUpdate(y, state, x, b, c, simd.Exp(step*w.A[h]), step, w.D[h])
		simd.SiLUMul(y, row(row(r.z, i, s.Inner), h, dim), y)
	}
}

type mamba2NormJob pass

// Do norms each group of heads of rows.
func (p *mamba2NormJob) Do(_, lo, hi int) {
	s, r := &p.c.SSM, &p.recurrence
	if r.mamba.Norm == nil {
		return
	}
	n := s.Inner / s.Groups
	for i := lo; i < hi; i++ {
		out := row(r.out, i, s.Inner)
		for g := range s.Groups {
			y := row(out, g, n)
			simd.RMSNorm(y, y, row(r.mamba.Norm, g, n), p.c.NormEps)
		}
	}
}
