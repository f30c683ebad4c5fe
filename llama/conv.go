package llama

import "github.com/querent-ai/chord/simd"

// convWeights are those of a causal convolution of each channel with its last
// inputs.
type convWeights struct {
	W    []float32 // (Conv, Channels), the oldest input first: the file's, transposed
	Bias []float32 // (Channels,) or nil
	SiLU bool      // of the result
}

// conv reads name.weight, a convolution, and, if present, name.bias.
func (l *loader) conv(name string) convWeights {
	width, channels := l.c.SSM.Conv, l.c.SSM.Channels
	var w convWeights
	if l.has(name + ".bias") {
		w.Bias = l.vector(name+".bias", channels)
	}
	x := l.vector(name+".weight", width, channels)
	w.W = make([]float32, len(x))
	for i, v := range x {
		w.W[i%width*channels+i/width] = v
	}
	return w
}

// recurrence are the buffers of recurrent layers.
type recurrence struct {
	in, conv    []float32 // (rows, Channels): input and output of the convolution
	z           []float32 // (rows, Inner): gates of the output
	out         []float32 // (rows, Inner)
	beta, decay []float32 // (rows, Heads)
	both        []float32 // (rows, 2·Heads): betas and alphas of each group in turn
	runs        []tile    // the rows of each sequence

	convWeights *convWeights
	delta       *deltaNet
	mamba       *mamba2
	mamba1      *mamba1
	kda         *kda
	low, steps  []float32 // (rows, n): products of low rank, and their second input
	exps        []float32 // (threads, scanBlock·State): decays of a block of channels
	rwkvState
	bcx []float32 // (rows, 3·Dim): gates and input of a short convolution
}

// cutRuns divides the rows into the runs of each sequence.
func (p *pass) cutRuns() {
	r := &p.recurrence
	r.runs = r.runs[:0]
	for i, at := range p.order {
		if n := len(r.runs) - 1; n >= 0 && p.rowSeq(at) == p.rowSeq(p.order[i-1]) {
			r.runs[n].hi++
			continue
		}
		r.runs = append(r.runs, tile{i, i + 1})
	}
}

// state returns the state of the layer and sequence of a run.
func (p *pass) state(run tile) []float32 {
	return p.kv.state(p.seqs[p.rowSeq(p.order[run.lo])].seq, p.layer)
}

// convBlock is how many channels are a work item.
const convBlock = 256

type convJob pass

// convolve sets every row of conv to the convolution of the rows of its sequence in
// in, and keeps the last inputs in the state, which begins with them:
//
//	conv[t] = Σ W[j] * in[t-Conv+1+j] + Bias
//
// summed from the oldest input to t's own.
func (p *pass) convolve(layer int, w *convWeights) {
	p.cutRuns()
	if p.ok() {
		p.layer, p.recurrence.convWeights = layer, w
		p.pool.Run(len(p.recurrence.runs)*convBlocks(p.c.SSM.Channels), 1, (*convJob)(p))
	}
}

// convBlocks returns the number of work items of a run.
func convBlocks(channels int) int { return (channels + convBlock - 1) / convBlock }

func (p *convJob) Do(_, lo, hi int) {
	channels := p.c.SSM.Channels
	blocks := convBlocks(channels)
	for i := lo; i < hi && p.ctx.Err() == nil; i++ {
		from := i % blocks * convBlock
		p.block(p.recurrence.runs[i/blocks], from, min(from+convBlock, channels))
	}
}

// block computes channels [lo, hi) of a run.
func (p *convJob) block(run tile, lo, hi int) {
	r, width, channels := &p.recurrence, p.c.SSM.Conv, p.c.SSM.Channels
	w, state, rows := r.convWeights, (*pass)(p).state(run), p.order[run.lo:run.hi]
	input := func(t int) []float32 { // of row t of the run; before it, of the state
		if t < 0 {
			return row(state, width-1+t, channels)[lo:hi]
		}
		return row(r.in, rows[t], channels)[lo:hi]
	}
	for t, i := range rows {
		dst := row(r.conv, i, channels)[lo:hi]
		clear(dst)
		for j := range width {
			simd.MulAdd(dst, input(t-width+1+j), row(w.W, j, channels)[lo:hi])
		}
		if w.Bias != nil {
			simd.Add(dst, w.Bias[lo:hi])
		}
		if w.SiLU {
			simd.SiLUMul(dst, dst, ones[:hi-lo])
		}
	}
	for j := range width - 1 { // its source is itself or later
		copy(row(state, j, channels)[lo:hi], input(len(rows)-width+1+j))
	}
}
