package llama

import "github.com/querent-ai/chord/simd"

// [mamba] Gu, Dao, Mamba, 2023, arXiv:2312.00752

// mamba1 is the mixer [MixMamba].
type mamba1 struct {
	X, Z linear // of ssm_in, (Inner, Dim): values; gates of the output
	ZX   linear // ssm_in, (2·Inner, Dim), instead of both: gates and values of each head in turn
	Conv convWeights
	Low  linear    // ssm_x, (Rank + 2·State, Inner): time steps, keys (B), queries (C), or the steps last
	DT   linear    // ssm_dt, (Heads, Rank), of the time steps
	A    []float32 // ssm_a, (Inner, State), or (Heads,)
	D    []float32 // ssm_d, (Heads,)
	Out  linear    // ssm_out, (Dim, Inner)

	DTNorm, BNorm, CNorm norm // ssm_dt_norm, (Rank,), ssm_b_norm, ssm_c_norm, (State,), of the rows of Low; or empty
}

// mamba1 reads the mixer of a layer.
func (l *loader) mamba1(prefix string) *mamba1 {
	s, dim, in := &l.c.SSM, l.c.Dim, prefix+"ssm_in"
	m := &mamba1{
		Conv: l.conv(prefix + "ssm_conv1d"),
		Low:  l.linear(prefix+"ssm_x", s.Rank+2*s.State, s.Inner),
		DT:   l.linear(prefix+"ssm_dt", s.Heads, s.Rank),
		D:    l.vector(prefix+"ssm_d", s.Heads),
		Out:  l.linear(prefix+"ssm_out", dim, s.Inner),
	}
	m.Conv.SiLU = true
	if l.fam.mambaHeads {
		m.ZX = l.linear(in, 2*s.Inner, dim)
		m.A = l.vector(prefix+"ssm_a", s.Heads)
	} else {
		m.X = l.rows(in, 2*s.Inner, dim, 0, s.Inner)
		m.Z = l.rows(in, 2*s.Inner, dim, s.Inner, 2*s.Inner)
		m.A = l.vector(prefix+"ssm_a", s.State, s.Heads)
	}
	m.DTNorm = l.lowNorm(prefix+"ssm_dt_norm", s.Rank)
	m.BNorm = l.lowNorm(prefix+"ssm_b_norm", s.State)
	m.CNorm = l.lowNorm(prefix+"ssm_c_norm", s.State)
	return m
}

// lowNorm reads a norm of n elements whose name may have no suffix. Without it the
// norm has no weights, if the file asks for one.
func (l *loader) lowNorm(name string, n int) norm {
	switch {
	case l.has(name):
		return norm{W: l.vector(name, n)}
	case l.has(name + ".weight"):
		return norm{W: l.vector(name+".weight", n)}
	case l.c.SSM.Norms:
		return l.ones(n)
	}
	return norm{}
}

// bytes returns the size of the matrices.
func (m *mamba1) bytes() int64 {
	return m.X.bytes() + m.Z.bytes() + m.ZX.bytes() + m.Low.bytes() + m.DT.bytes() + m.Out.bytes()
}

// mamba1 sets every row of dst to what the layer reads from its state, after each
// token has changed the state [mamba]: with x of the convolution of n's product, dt,
// B and C of Low·x and t = softplus(DT·dt + bias), for each channel
//
//	S = exp(t·A)·S + t·x·B
//	y = (S·C + D·x) * SiLU(z)
func (p *pass) mamba1(dst, n []float32, layer int, w *mamba1) {
	s, r, rows := &p.c.SSM, &p.recurrence, len(p.tokenOf)
	r.in, r.conv = grow(r.in, rows*s.Inner), grow(r.conv, rows*s.Inner)
	r.z, r.out = grow(r.z, rows*s.Inner), grow(r.out, rows*s.Inner)
	r.low, r.steps = grow(r.low, rows*(s.Rank+2*s.State)), grow(r.steps, rows*s.Rank)
	r.decay, r.mamba1 = grow(r.decay, rows*s.Heads), w
	if w.ZX.W != nil {
		r.both = grow(r.both, rows*2*s.Inner)
		p.mul(n, product{r.both, &w.ZX})
		p.forRows((*unzipJob)(p))
	} else {
		p.mul(n, product{r.in, &w.X}, product{r.z, &w.Z})
	}
	p.convolve(layer, &w.Conv)
	p.mul(r.conv, product{r.low, &w.Low})
	p.forRows((*lowNormsJob)(p))
	p.mul(r.steps, product{r.decay, &w.DT})
	if p.ok() {
		p.layer, r.exps = layer, grow(r.exps, p.pool.Threads()*scanBlock*s.State)
		p.pool.Run(len(r.runs)*s.blocks(), 1, (*mamba1Job)(p))
	}
	p.mul(r.out, product{dst, &w.Out})
}

// scanBlock is how many channels are a work item, of those that are heads.
const scanBlock = 64

// blocks returns the number of work items of a run of Mamba's rows.
func (s *SSM) blocks() int {
	if s.Heads < s.Inner {
		return s.Heads
	}
	return (s.Inner + scanBlock - 1) / scanBlock
}

type unzipJob pass

// Do takes the gates and values of heads apart.
func (p *unzipJob) Do(_, lo, hi int) {
	s, r := &p.c.SSM, &p.recurrence
	n := s.headDim()
	for i := lo; i < hi; i++ {
		both := row(r.both, i, 2*s.Inner)
		for h := range s.Heads {
			copy(row(row(r.z, i, s.Inner), h, n), row(both, 2*h, n))
			copy(row(row(r.in, i, s.Inner), h, n), row(both, 2*h+1, n))
		}
	}
}

// lowParts returns the time steps, keys and queries of a row.
func (p *pass) lowParts(i int) (dt, b, c []float32) {
	s := &p.c.SSM
	low := row(p.recurrence.low, i, s.Rank+2*s.State)
	if p.fam.mambaHeads {
		return low[2*s.State:], low[:s.State], low[s.State : 2*s.State]
	}
	return low[:s.Rank], low[s.Rank : s.Rank+s.State], low[s.Rank+s.State:]
}

type lowNormsJob pass

// Do norms the time steps, keys and queries of rows, and copies the steps.
func (p *lowNormsJob) Do(_, lo, hi int) {
	r := &p.recurrence
	w := r.mamba1
	for i := lo; i < hi; i++ {
		dt, b, c := (*pass)(p).lowParts(i)
		if w.DTNorm.W != nil {
			simd.RMSNorm(dt, dt, w.DTNorm.W, p.c.NormEps)
		}
		if w.BNorm.W != nil {
			simd.RMSNorm(b, b, w.BNorm.W, p.c.NormEps)
		}
		if w.CNorm.W != nil {
			simd.RMSNorm(c, c, w.CNorm.W, p.c.NormEps)
		}
		copy(row(r.steps, i, len(dt)), dt)
	}
}

type mamba1Job pass

// Do computes work items [lo, hi): of a sequence, a head or a block of channels.
func (p *mamba1Job) Do(worker, lo, hi int) {
	s := &p.c.SSM
	blocks, n := s.blocks(), scanBlock
	if s.Heads < s.Inner {
		n = s.headDim()
	}
	for i := lo; i < hi && p.ctx.Err() == nil; i++ {
		from := i % blocks * n
		p.block(worker, p.recurrence.runs[i/blocks], i%blocks, from, min(from+n, s.Inner))
	}
}

// block computes channels [lo, hi) for the rows of a sequence.
func (p *mamba1Job) block(worker int, run tile, block, lo, hi int) {
	s, r := &p.c.SSM, &p.recurrence
	w := r.mamba1
	state := (*pass)(p).state(run)[s.convLen():][lo*s.State : hi*s.State]
	for _, i := range p.order[run.lo:run.hi] {
		_, b, c := (*pass)(p).lowParts(i)
		x, y := row(r.conv, i, s.Inner)[lo:hi], row(r.out, i, s.Inner)[lo:hi]
		steps := row(r.decay, i, s.Heads)
		if s.Heads < s.Inner {
			t := simd.Softplus(steps[block])
			simd.SSMUpdate(y, state, x, b, c, simd.Exp(t*w.A[block]), t, w.D[block])
		} else {
			for k := lo; k < hi; k++ {
				steps[k] = simd.Softplus(steps[k])
			}
			simd.SelectiveScan(y, state, x, steps[lo:hi], w.A[lo*s.State:hi*s.State], b, c, w.D[lo:hi], row(r.exps, worker, scanBlock*s.State)[:(hi-lo)*s.State])
		}
		simd.SiLUMul(y, row(r.z, i, s.Inner)[lo:hi], y)
	}
}
