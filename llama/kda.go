package llama

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

// [kda] Kimi Team, Kimi Linear, 2025, arXiv:2510.26692

// kda is the mixer [MixKDA].
type kda struct {
	Q, K, V linear // attn_q, attn_k, attn_v, (Inner, Dim)
	Conv    convWeights
	FA, FB  linear    // ssm_f_a, (Rank, Dim), ssm_f_b, (Inner, Rank): how much of the state is kept
	GA, GB  linear    // ssm_g_a, (Rank, Dim), ssm_g_b, (Inner, Rank): gates of the output
	Beta    linear    // ssm_beta, (Heads, Dim): how much of a value is written
	A       []float32 // ssm_a, (Heads,)
	DT      []float32 // ssm_dt.bias, (Inner,)
	Norm    norm      // ssm_norm, (State,)
	Out     linear    // attn_output, (Dim, Inner)
}

// kda reads the mixer of a layer.
func (l *loader) kda(prefix string) *kda {
	s, dim := &l.c.SSM, l.c.Dim
	k := &kda{
		FA:   l.linear(prefix+"ssm_f_a", s.Rank, dim),
		FB:   l.linear(prefix+"ssm_f_b", s.Inner, s.Rank),
		GA:   l.linear(prefix+"ssm_g_a", s.Rank, dim),
		GB:   l.linear(prefix+"ssm_g_b", s.Inner, s.Rank),
		Beta: l.linear(prefix+"ssm_beta", s.Heads, dim),
		A:    l.vector(prefix+"ssm_a", 1, s.Heads),
		DT:   l.vector(prefix+"ssm_dt.bias", s.Inner),
		Norm: l.norm(prefix+"ssm_norm", s.State),
		Out:  l.linear(prefix+"attn_output", dim, s.Inner),
	}
	if name := prefix + "attn_qkv"; l.has(name + ".weight") {
		k.Q = l.rows(name, 3*s.Inner, dim, 0, s.Inner)
		k.K = l.rows(name, 3*s.Inner, dim, s.Inner, 2*s.Inner)
		k.V = l.rows(name, 3*s.Inner, dim, 2*s.Inner, 3*s.Inner)
	} else {
		k.Q, k.K, k.V = l.linear(prefix+"attn_q", s.Inner, dim), l.linear(prefix+"attn_k", s.Inner, dim), l.linear(prefix+"attn_v", s.Inner, dim)
	}
	k.Conv.SiLU = true
	l.kdaConv(&k.Conv, prefix)
	return k
}

// kdaConv reads the convolutions of queries, keys and values as one.
func (l *loader) kdaConv(w *convWeights, prefix string) {
	s := &l.c.SSM
	var parts [3][]float32
	for i, name := range []string{"q", "k", "v"} {
		parts[i] = l.vector(prefix+"ssm_conv1d_"+name+".weight", s.Conv, 1, s.Inner)
	}
	if l.err != nil || l.p == nil {
		return
	}
	w.W = make([]float32, s.Conv*s.Channels)
	for i, part := range parts {
		for k, v := range part {
			w.W[k%s.Conv*s.Channels+i*s.Inner+k/s.Conv] = v
		}
	}
}

// bytes returns the size of the matrices.
func (k *kda) bytes() int64 {
	return k.Q.bytes() + k.K.bytes() + k.V.bytes() + k.FA.bytes() + k.FB.bytes() + k.GA.bytes() + k.GB.bytes() + k.Beta.bytes() + k.Out.bytes()
}

// kda sets every row of dst to what the layer reads from its state, after each token
// has changed the state [kda]: with q, k and v of convolutions, q and k normed, for
// each head
//
//	S = exp(a·softplus(f + dt))·S, each element of a key by its own factor
//	S = S + k·(v - k·S)·sigmoid(beta)
//	o = RMSNorm(q·S/√State) * sigmoid(gate)
func (p *pass) kda(dst, n []float32, layer int, w *kda) {
	s, r, rows := &p.c.SSM, &p.recurrence, len(p.tokenOf)
	r.in, r.conv = grow(r.in, rows*s.Channels), grow(r.conv, rows*s.Channels)
	r.z, r.out, r.decay = grow(r.z, rows*s.Inner), grow(r.out, rows*s.Inner), grow(r.decay, rows*s.Inner)
	r.both, r.beta = grow(r.both, rows*s.Channels), grow(r.beta, rows*s.Heads)
	r.low, r.steps = grow(r.low, rows*s.Rank), grow(r.steps, rows*s.Rank)
	part := func(i int) []float32 { return r.both[i*rows*s.Inner : (i+1)*rows*s.Inner] }
	p.mul(n, product{part(0), &w.Q}, product{part(1), &w.K}, product{part(2), &w.V},
		product{r.beta, &w.Beta}, product{r.low, &w.FA}, product{r.steps, &w.GA})
	p.mul(r.low, product{r.decay, &w.FB})
	p.mul(r.steps, product{r.z, &w.GB})
	p.forRows((*joinQKVJob)(p))
	p.convolve(layer, &w.Conv)
	p.layer, r.kda = layer, w
	p.forRows((*kdaGateJob)(p))
	if p.ok() {
		p.pool.Run(len(r.runs)*s.Heads, 1, (*kdaJob)(p))
	}
	p.mul(r.out, product{dst, &w.Out})
}

type joinQKVJob pass

// Do puts the queries, keys and values of rows side by side.
func (p *joinQKVJob) Do(_, lo, hi int) {
	s, r, rows := &p.c.SSM, &p.recurrence, len(p.tokenOf)
	for i := lo; i < hi; i++ {
		for k := range 3 {
			copy(row(row(r.in, i, s.Channels), k, s.Inner), row(r.both, k*rows+i, s.Inner))
		}
	}
}

type kdaGateJob pass

// Do norms the queries and keys of rows and computes what their heads keep and
// write.
func (p *kdaGateJob) Do(_, lo, hi int) {
	s, r := &p.c.SSM, &p.recurrence
	for i := lo; i < hi; i++ {
		conv := row(r.conv, i, s.Channels)
		for h := range 2 * s.Heads {
			simd.L2Norm(row(conv, h, s.State), p.c.NormEps)
		}
		beta, decay := row(r.beta, i, s.Heads), row(r.decay, i, s.Inner)
		for h := range beta {
			beta[h] = simd.Sigmoid(beta[h])
		}
		for k := range decay {
			decay[k] = simd.Exp(simd.Softplus(decay[k]+r.kda.DT[k]) * r.kda.A[k/s.State])
		}
	}
}

type kdaJob pass

// Do computes work items [lo, hi), pairs of a sequence and a head.
func (p *kdaJob) Do(_, lo, hi int) {
	for i := lo; i < hi && p.ctx.Err() == nil; i++ {
		p.head(p.recurrence.runs[i/p.c.SSM.Heads], i%p.c.SSM.Heads)
	}
}

// head computes a head for the rows of a sequence.
func (p *kdaJob) head(run tile, h int) {
	s, r := &p.c.SSM, &p.recurrence
	state := row((*pass)(p).state(run)[s.convLen():], h, s.State*s.State)
	scale := float32(1 / math.Sqrt(float64(s.State)))
	for _, i := range p.order[run.lo:run.hi] {
		conv := row(r.conv, i, s.Channels)
		q, k, v := row(conv, h, s.State), row(conv, s.Heads+h, s.State), row(conv, 2*s.Heads+h, s.State)
		out, z := row(row(r.out, i, s.Inner), h, s.State), row(row(r.z, i, s.Inner), h, s.State)
		simd.ChannelDelta(out, state, q, k, v, row(row(r.decay, i, s.Inner), h, s.State), row(r.beta, i, s.Heads)[h], scale)
		(*pass)(p).normed(out, out, r.kda.Norm)
		simd.SigmoidMul(out, z, out)
	}
}
