package llama

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

// rwkvState are the buffers of time mixes.
type rwkvState struct {
	rwkv   *rwkv
	mixed  []float32 // (inputs, rows, Dim): inputs of R, W, K, V, A, G
	rwkvR  []float32 // (rows, Dim), and so are those below
	rwkvW  []float32 // decays
	rwkvK  []float32 // keys
	rwkvV  []float32 // values
	rwkvA  []float32 // rates; then -kk, and kk·rate in mixed
	rwkvG  []float32 // gates
	first  []float32 // the first layer's values
	shares []float32 // how much of them a layer takes
	lows   [4][]float32

	shiftSrc, shiftDst, shiftBy []float32 // arguments of a shift
	shiftAt                     int       // where the last input lies in the state
	diff                        []float32 // (rows, Dim): of a row and the one before
}

// rwkv sets every row of dst to the time mix of n [rwkv7]: with every input x mixed
// with that of the token before,
//
//	w = exp(-sigmoid(W·x)/√e), a = sigmoid(A·x), kk = k·KK normed in each head
//	v = v + (v of the first layer - v)·sigmoid(Mix·x), k = k + k·KA·(a - 1)
//	S = S·w - (S·kk)·(kk·a) + v·k
//	o = (Norm(S·r) + v·(Σ r·k·RK))·G(x)
func (p *pass) rwkv(dst, n []float32, layer int, w *rwkv) {
	s, r, size := &p.c.SSM, &p.recurrence, len(n)
	q := &r.rwkvState
	inputs := len(w.Lerp) / p.c.Dim
	q.mixed, r.out = grow(q.mixed, rwkvInputs*size), grow(r.out, size)
	for _, b := range []*[]float32{&q.rwkvR, &q.rwkvW, &q.rwkvK, &q.rwkvV, &q.rwkvA, &q.rwkvG, &q.shares} {
		*b = grow(*b, size)
	}
	if layer == 0 {
		q.first = grow(q.first, size)
	}
	p.cutRuns()
	p.layer, q.rwkv = layer, w
	p.shift(q.mixed[:inputs*size], n, w.Lerp, 0)
	in := func(i int) []float32 { return q.mixed[i*size : (i+1)*size] }
	p.mul(in(0), product{q.rwkvR, &w.R})
	p.mul(in(2), product{q.rwkvK, &w.K})
	p.mul(in(3), product{q.rwkvV, &w.V})
	low := []*lowRank{&w.W, &w.Mix, &w.A, &w.G}
	for i, rank := range []int{s.DecayRank, s.ValueRank, s.RateRank, s.GateRank} {
		if q.lows[i] = grow(q.lows[i], size/p.c.Dim*rank); low[i].A.W != nil {
			p.mul(in([]int{1, 3, 4, 5}[i]), product{q.lows[i], &low[i].A})
		}
	}
	p.forRows((*rwkvLowJob)(p))
	for i, to := range [][]float32{q.rwkvW, q.shares, q.rwkvA, q.rwkvG} {
		if low[i].A.W != nil {
			p.mul(q.lows[i], product{to, &low[i].B})
		}
	}
	p.forRows((*rwkvRowJob)(p))
	if p.ok() {
		p.pool.Run(len(r.runs)*s.Heads, 1, (*rwkvJob)(p))
	}
	p.mul(r.out, product{dst, &w.Out})
}

type shiftJob pass

// shift sets every part of dst, (parts, rows, Dim), to src + (before - src)·lerp, with
// before the row of src of the token before, and lerp (parts, Dim). The last input of
// a sequence is kept in its state, from element at on.
func (p *pass) shift(dst, src, lerp []float32, at int) {
	q := &p.recurrence.rwkvState
	q.shiftDst, q.shiftSrc, q.shiftBy, q.shiftAt, q.diff = dst, src, lerp, at, grow(q.diff, len(src))
	if p.ok() {
		p.pool.Run(len(p.recurrence.runs)*convBlocks(p.c.Dim), 1, (*shiftJob)(p))
	}
}

// Do computes work items [lo, hi), each a block of channels of a sequence.
func (p *shiftJob) Do(_, lo, hi int) {
	dim := p.c.Dim
	blocks := convBlocks(dim)
	for i := lo; i < hi && p.ctx.Err() == nil; i++ {
		from := i % blocks * convBlock
		p.block(p.recurrence.runs[i/blocks], from, min(from+convBlock, dim))
	}
}

// block computes channels [lo, hi) of a run.
func (p *shiftJob) block(run tile, lo, hi int) {
	q, dim, rows := &p.recurrence.rwkvState, p.c.Dim, len(p.tokenOf)
	before := (*pass)(p).state(run)[q.shiftAt:][lo:hi]
	last := before
	for _, i := range p.order[run.lo:run.hi] {
		x, d := row(q.shiftSrc, i, dim)[lo:hi], row(q.diff, i, dim)[lo:hi]
		for k := range d {
			d[k] = before[k] - x[k]
		}
		for part := range len(q.shiftBy) / dim {
			dst := row(q.shiftDst, part*rows+i, dim)[lo:hi]
			copy(dst, x)
			simd.MulAdd(dst, d, row(q.shiftBy, part, dim)[lo:hi])
		}
		before = x
	}
	copy(last, before)
}

// mixChannels sets n to the input of a channel mix: the norm of x, mixed with that of
// the token before.
func (p *pass) mixChannels(w *blk) {
	p.shift(p.n, p.norm(p.h, p.x, w.FFNNorm), w.ChannelLerp, p.c.Dim)
}

type rwkvLowJob pass

// Do applies the functions between the matrices of low rank.
func (p *rwkvLowJob) Do(_, lo, hi int) {
	s, q := &p.c.SSM, &p.recurrence.rwkvState
	for i := lo; i < hi; i++ {
		for k, x := range row(q.lows[0], i, s.DecayRank) {
			row(q.lows[0], i, s.DecayRank)[k] = simd.Tanh(x)
		}
		for k, x := range row(q.lows[3], i, s.GateRank) {
			row(q.lows[3], i, s.GateRank)[k] = simd.Sigmoid(x)
		}
	}
}

// decayScale is -1/√e to six digits, as RWKV has it.
const decayScale = -0.606531

type rwkvRowJob pass

// Do computes decays, rates, values and keys of rows.
func (p *rwkvRowJob) Do(_, lo, hi int) {
	q, dim, rows := &p.recurrence.rwkvState, p.c.Dim, len(p.tokenOf)
	w := q.rwkv
	for i := lo; i < hi; i++ {
		decay, rate, k, v := row(q.rwkvW, i, dim), row(q.rwkvA, i, dim), row(q.rwkvK, i, dim), row(q.rwkvV, i, dim)
		p.values(i, v)
		kk, kkRate := row(q.mixed, i, dim), row(q.mixed, rows+i, dim)
		simd.Mul(kk, k, w.KK)
		p.unit(kk)
		for c := range k {
			decay[c] = simd.Exp(simd.Sigmoid(decay[c]+w.W.Bias[c]) * decayScale)
			a := simd.Sigmoid(rate[c] + w.A.Bias[c])
			ka := float32(k[c] * w.KA[c])
			k[c] += float32(float32(a*ka) - ka)
			kkRate[c] = kk[c] * a
			rate[c] = -kk[c]
		}
	}
}

// values keeps the values of the first layer, and adds some of them to later ones.
func (p *rwkvRowJob) values(i int, v []float32) {
	q, dim := &p.recurrence.rwkvState, p.c.Dim
	first, w := row(q.first, i, dim), q.rwkv
	if p.layer == 0 {
		copy(first, v)
		return
	}
	share := row(q.shares, i, dim)
	for c := range v {
		v[c] += float32(float32(first[c]-v[c]) * simd.Sigmoid(share[c]+w.Mix.Bias[c]))
	}
}

// unit gives every head of x the length 1.
func (p *rwkvRowJob) unit(x []float32) {
	n := p.c.SSM.State
	for h := range p.c.SSM.Heads {
		head := row(x, h, n)
		simd.Scale(head, 1/max(float32(math.Sqrt(float64(simd.Dot(head, head)))), 1e-12))
	}
}

type rwkvJob pass

// Do computes work items [lo, hi), pairs of a sequence and a head.
func (p *rwkvJob) Do(_, lo, hi int) {
	for i := lo; i < hi && p.ctx.Err() == nil; i++ {
		p.head(p.recurrence.runs[i/p.c.SSM.Heads], i%p.c.SSM.Heads)
	}
}

// headNormEps is the ε of the norms of heads.
const headNormEps = 64e-5

// head computes a head for the rows of a sequence.
func (p *rwkvJob) head(run tile, h int) {
	s, q, dim, rows := &p.c.SSM, &p.recurrence.rwkvState, p.c.Dim, len(p.tokenOf)
	n, w := s.State, q.rwkv
	state := row((*pass)(p).state(run)[s.convLen():], h, n*n)
	at := func(x []float32, i int) []float32 { return row(row(x, i, dim), h, n) }
	for _, i := range p.order[run.lo:run.hi] {
		r, k, v, out := at(q.rwkvR, i), at(q.rwkvK, i), at(q.rwkvV, i), at(p.recurrence.out, i)
		simd.WKV7(out, state, r, at(q.rwkvW, i), k, v, at(q.rwkvA, i), at(q.mixed, rows+i))
		if w.Norm.W != nil {
			simd.LayerNorm(out, out, row(w.Norm.W, h, n), headNormEps)
			if w.Norm.Bias != nil {
				simd.Add(out, row(w.Norm.Bias, h, n))
			}
		}
		simd.Mul(k, k, r)
		simd.Axpy(out, simd.Dot(k, row(w.RK, h, n)), v)
		if w.G.A.W != nil {
			simd.Mul(out, out, at(q.rwkvG, i))
		}
	}
}
