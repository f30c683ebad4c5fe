package llama

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

// [deltanet] Yang, Kautz, Hatamizadeh, Gated Delta Networks: Improving Mamba2
// with Delta Rule, 2024, arXiv:2412.06464

// deltaNet is the mixer [MixDeltaNet].
type deltaNet struct {
	QKV   linear // attn_qkv, (2·Groups·State + Inner, Dim): queries, keys, values
	Gate  linear // attn_gate, (Inner, Dim): of the output
	Beta  linear // ssm_beta, (Heads, Dim): how much of a value is written
	Alpha linear // ssm_alpha, (Heads, Dim): how much of the state is kept
	Both  linear // ssm_ba, (2·Heads, Dim): instead of Beta and Alpha, those of each group of heads in turn
	Conv  convWeights
	A     []float32 // ssm_a, (Heads,)
	DT    []float32 // ssm_dt.bias, (Heads,)
	Norm  norm      // ssm_norm, (State,)
	Out   linear    // ssm_out, (Dim, Inner)
}

// bytes returns the size of the matrices.
func (d *deltaNet) bytes() int64 {
	return d.QKV.bytes() + d.Gate.bytes() + d.Beta.bytes() + d.Alpha.bytes() + d.Both.bytes() + d.Out.bytes()
}

// deltaNet reads the mixer of a layer.
func (l *loader) deltaNet(prefix string) *deltaNet {
	s, dim := &l.c.SSM, l.c.Dim
	d := &deltaNet{
		QKV:  l.linear(prefix+"attn_qkv", s.Channels, dim),
		Gate: l.linear(prefix+"attn_gate", s.Inner, dim),
		Conv: l.conv(prefix + "ssm_conv1d"),
		A:    l.vector(prefix+"ssm_a", s.Heads),
		DT:   l.vector(prefix+"ssm_dt.bias", s.Heads),
		Norm: l.norm(prefix+"ssm_norm", s.State),
		Out:  l.linear(prefix+"ssm_out", dim, s.Inner),
	}
	if l.fam.groupedValues {
		d.Both = l.linear(prefix+"ssm_ba", 2*s.Heads, dim)
	} else {
		d.Beta = l.linear(prefix+"ssm_beta", s.Heads, dim)
		d.Alpha = l.linear(prefix+"ssm_alpha", s.Heads, dim)
	}
	d.Conv.SiLU = true
	return d
}

// deltaNet sets every row of dst to what the layer reads from its state, after
// each token has changed the state [deltanet]: with q, k and v of the convolution
// of n's product, q and k normed, for each head
//
//	S = exp(a·softplus(alpha + dt))·S
//	S = S + k·(v - k·S)·sigmoid(beta)
//	o = RMSNorm(q·S/√State) * SiLU(gate)
func (p *pass) deltaNet(dst, n []float32, layer int, w *deltaNet) {
	s, r, rows := &p.c.SSM, &p.recurrence, len(p.tokenOf)
	r.in, r.conv = grow(r.in, rows*s.Channels), grow(r.conv, rows*s.Channels)
	r.z, r.out = grow(r.z, rows*s.Inner), grow(r.out, rows*s.Inner)
	r.beta, r.decay = grow(r.beta, rows*s.Heads), grow(r.decay, rows*s.Heads)
	if p.fam.groupedValues {
		r.both = grow(r.both, rows*2*s.Heads)
		p.mul(n, product{r.in, &w.QKV}, product{r.z, &w.Gate}, product{r.both, &w.Both})
	} else {
		p.mul(n, product{r.in, &w.QKV}, product{r.z, &w.Gate}, product{r.beta, &w.Beta}, product{r.decay, &w.Alpha})
	}
	p.convolve(layer, &w.Conv)
	if p.ok() {
		p.layer, r.delta = layer, w
		p.pool.Run(rows, rowStep, (*deltaGateJob)(p))
		p.pool.Run(len(r.runs)*s.Heads, 1, (*deltaJob)(p))
	}
	p.mul(r.out, product{dst, &w.Out})
}

type deltaGateJob pass

// Do norms the queries and keys of rows and computes what their heads keep and
// write.
func (p *deltaGateJob) Do(_, lo, hi int) {
	s, r := &p.c.SSM, &p.recurrence
	for i := lo; i < hi; i++ {
		conv := row(r.conv, i, s.Channels)
		for h := range 2 * s.Groups {
			simd.L2Norm(row(conv, h, s.State), p.c.NormEps)
		}
		beta, decay := row(r.beta, i, s.Heads), row(r.decay, i, s.Heads)
		if p.fam.groupedValues {
			takeGroups(beta, decay, row(r.both, i, 2*s.Heads), s.Groups)
		}
		for h := range beta {
			beta[h] = simd.Sigmoid(beta[h])
			decay[h] = simd.Exp(simd.Softplus(decay[h]+r.delta.DT[h]) * r.delta.A[h])
		}
	}
}

// takeGroups sets beta and alpha to those in both, where the betas of each group
// come before its alphas.
func takeGroups(beta, alpha, both []float32, groups int) {
	n := len(beta) / groups
	for g := range groups {
		group := row(both, g, 2*n)
		copy(row(beta, g, n), group[:n])
		copy(row(alpha, g, n), group[n:])
	}
}

type deltaJob pass

// Do computes work items [lo, hi), pairs of a sequence and a head: one worker
// keeps the state of a head in its cache for all tokens of the sequence.
func (p *deltaJob) Do(_, lo, hi int) {
	for i := lo; i < hi && p.ctx.Err() == nil; i++ {
		p.head(p.recurrence.runs[i/p.c.SSM.Heads], i%p.c.SSM.Heads)
	}
}

// head computes a head for the rows of a sequence.
func (p *deltaJob) head(run tile, h int) {
	s, r := &p.c.SSM, &p.recurrence
	all := (*pass)(p).state(run)[s.convLen():]
	state, key := row(all, h, s.State*s.State), p.keyHead(h)
	scale := float32(1 / math.Sqrt(float64(s.State)))
	for _, i := range p.order[run.lo:run.hi] {
		conv := row(r.conv, i, s.Channels)
		q, k := row(conv, key, s.State), row(conv, s.Groups+key, s.State)
		v := row(conv[2*s.Groups*s.State:], h, s.State)
		out, z := row(row(r.out, i, s.Inner), h, s.State), row(row(r.z, i, s.Inner), h, s.State)
		simd.DeltaRule(out, state, q, k, v, row(r.decay, i, s.Heads)[h], row(r.beta, i, s.Heads)[h], scale)
		(*pass)(p).normed(out, out, r.delta.Norm)
		simd.SiLUMul(out, z, out)
	}
}

// keyHead returns the head of queries and keys of a head of values.
func (p *deltaJob) keyHead(h int) int {
	s := &p.c.SSM
	if p.fam.groupedValues {
		return h / (s.Heads / s.Groups)
	}
	return h % s.Groups
}
