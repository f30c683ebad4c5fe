package llama

import (
	"context"

	"github.com/querent-ai/chord/simd"
)

// A pass is the state of a forward pass. It keeps its memory, so that the next
// pass allocates nothing. Buffers are row-major with one row for each token of
// the piece.
type pass struct {
	c             *Config
	fam           family
	w             *weights
	ropes         *ropes
	kv            *cacheLayout
	pool          *simd.Pool
	context       int
	valueScale    []float32 // (1,): AttnValueScale, nil if it is 1
	adjugateScale []float32 // (1,): AdjugateScale
	lastKV        int       // the last layer with keys and values of its own
	widths        widths

	pieceTokens int // most tokens of a piece

	batch
	piece
	activations
	attendState
	mlaState
	streamState
	recurrence recurrence
	args

	observe  Observer  // or nil
	acts     simd.Acts // the quantised input of a product
	products []simd.Product
	routes   routes
	loras    loras
}

// A piece is the part of a batch that is computed at once.
type piece struct {
	ctx    context.Context
	err    error // the first error; nothing is computed after it
	base   int   // index of its first token in the batch
	tokens []Token

	tokenOf []int // (rows,): index in tokens
}

// activations are the buffers of a layer.
type activations struct {
	x, n, h  []float32 // (rows, Dim): the residual stream, its norm, the addition to it
	q        []float32 // (rows, Heads·KeyDim)
	k        []float32 // (rows, KVHeads·KeyDim)
	v        []float32 // (rows, KVHeads·ValueDim)
	att      []float32 // (rows, Heads·ValueDim)
	attGate  []float32 // (rows, Heads·ValueDim)
	gate, up []float32 // (rows, HiddenDim), or as wide as the experts need

	layerEmbd  []float32 // (tokens, layers·PerLayerDim): of all tokens of the piece
	layerRows  []float32 // (threads, layers·PerLayerDim)
	queryGates []float32 // (rows, Heads·2·KeyDim): queries and gates of attention with them
}

// args are the arguments of the job that the pool runs.
type args struct {
	layer          int
	dst, src, arg  []float32
	normWeights    norm
	attn           *attention
	mixtureWeights *mixture
	limit          float32 // of an activation; 0: none
}

// PieceTokens is the most tokens of a piece, the part of a batch that is
// computed at once. It is large enough to make matrix products dense and small
// enough to keep the activations small: for a 1B model, 512 is no faster and
// takes 36 MB more.
const PieceTokens = 256

// maxPieceElems bounds the elements of an activation. No real model reaches it
// with PieceTokens rows; it keeps a file with a strange shape from asking for
// too much memory at once.
const maxPieceElems = 1 << 25

// pieceTokensFor returns the most tokens of a piece if a row of the largest
// activation has width elements.
func pieceTokensFor(width int) int { return min(max(maxPieceElems/max(width, 1), 1), PieceTokens) }

// newPass returns the pass of m.
func newPass(m *Model) pass {
	p := pass{
		c: &m.config, fam: m.config.family(), w: &m.weights, ropes: &m.ropes, kv: m.layout, pool: m.pool,
		context: m.context, lastKV: m.config.lastKV(),
	}
	if n := p.c.RelBuckets; n > 0 {
		p.buckets = relBuckets(n)
	}
	p.writers = make([]simd.KVWriter, m.pool.Threads())
	p.attentions = make([]simd.Attention, m.pool.Threads())
	p.adjugateScale = []float32{p.c.AdjugateScale}
	if s := p.c.AttnValueScale; s != 1 {
		p.valueScale = []float32{s}
	}
	w := &p.widths
	for i := range p.c.Layer {
		l := &p.c.Layer[i]
		w.q, w.k, w.v, w.att = max(w.q, l.qDim()), max(w.k, l.kDim()), max(w.v, l.vDim()), max(w.att, l.outDim())
		switch l.Mixer {
		case MixMLA:
			w.heads = max(w.heads, l.Heads*max(p.c.MLAKeyDim, p.c.MLAValueDim))
		case MixWholeMLA:
			w.heads = max(w.heads, l.Heads*(p.c.MLAKeyDim+p.c.MLAValueDim), p.c.KVRank+p.c.RopeDim)
		}
	}
	if p.fam.mixer != MixAttention {
		w.recurrent = max(p.c.SSM.Channels, p.c.SSM.Inner, p.c.SSM.Rank+2*p.c.SSM.State)
	}
	if p.fam.mixer == MixRWKV7 {
		w.recurrent = max(rwkvInputs*p.c.Dim, p.c.SSM.DecayRank, p.c.SSM.RateRank, p.c.SSM.ValueRank, p.c.SSM.GateRank)
	}
	if p.fam.mambaHeads {
		w.recurrent *= 2
	}
	if p.fam.queryGate {
		w.recurrent = max(w.recurrent, 2*w.q)
	}
	w.hidden = max(m.weights.hiddenDim(p.c.ExpertsUsed), p.c.PerLayerDim)
	p.pieceTokens = pieceTokensFor(max(w.hidden, p.c.Dim, w.q, w.att, len(p.c.Layer)*p.c.PerLayerDim, w.heads, w.recurrent))
	return p
}

// widths are the row lengths of the activations, the largest of all layers.
type widths struct{ q, k, v, att, hidden, heads, recurrent int }

// begin starts a piece and sizes the buffers for its tokens.
func (p *pass) begin(ctx context.Context, base int, tokens []Token) {
	p.ctx, p.err, p.base, p.tokens = ctx, nil, base, tokens
	p.pool.Watch(ctx)
	p.tokenOf = grow(p.tokenOf, len(tokens))
	p.positions = 0
	for i := range p.tokenOf {
		p.tokenOf[i] = i
		p.positions = max(p.positions, p.pos[base+i]+1)
	}
	p.beginAdapters()
	p.resize(len(tokens))
}

// resize sets the number of rows.
func (p *pass) resize(n int) {
	dim, w := p.c.Dim, &p.widths
	p.tokenOf = p.tokenOf[:n]
	p.x, p.n, p.h = grow(p.x, n*dim), grow(p.n, n*dim), grow(p.h, n*dim)
	p.q, p.att = grow(p.q, n*w.q), grow(p.att, n*w.att)
	p.k, p.v = grow(p.k, n*w.k), grow(p.v, n*w.v)
	p.gate, p.up = grow(p.gate, n*w.hidden), grow(p.up, n*w.hidden)
	p.sortRows()
}

// end ends the piece and returns its error.
func (p *pass) end() error {
	p.ok() // ctx may have ended the last product early
	p.pool.Watch(context.Background())
	p.ctx, p.tokens = nil, nil
	p.loras.end()
	return p.err
}

// ok reports whether there is no error yet and ctx is not done.
func (p *pass) ok() bool {
	if p.err == nil {
		p.err = p.ctx.Err()
	}
	return p.err == nil
}

// keepOutputRows drops the rows of tokens without an output. qDim is the width
// of the queries, 0 if they are no longer needed.
func (p *pass) keepOutputRows(qDim int) {
	n, dim := 0, p.c.Dim
	for i, t := range p.tokenOf {
		if p.tokens[t].Out == OutNone {
			continue
		}
		if n < i {
			copy(row(p.x, n, dim), row(p.x, i, dim))
			copy(row(p.n, n, dim), row(p.n, i, dim))
			copy(row(p.q, n, qDim), row(p.q, i, qDim))
			if p.fam.routerFirst {
				copy(row(p.routes.router, n, p.c.Experts), row(p.routes.router, i, p.c.Experts))
			}
			if p.fam.streams {
				copy(row(p.streams, n, altStreams*dim), row(p.streams, i, altStreams*dim))
			}
		}
		p.tokenOf[n] = t
		n++
	}
	p.resize(n)
}

// takeEmbeddings copies the rows of n with output OutEmbd to the output. It
// returns the other rows, those with output OutLogits.
func (p *pass) takeEmbeddings(n []float32) []float32 {
	if !p.ok() {
		return nil
	}
	dim, kept := p.c.Dim, 0
	for i, t := range p.tokenOf {
		if p.tokens[t].Out == OutEmbd {
			copy(p.out.Row(p.base+t), row(n, i, dim))
			continue
		}
		if kept < i {
			copy(row(n, kept, dim), row(n, i, dim))
		}
		p.tokenOf[kept] = t
		kept++
	}
	p.tokenOf = p.tokenOf[:kept]
	return n[:kept*dim]
}

// logitRows returns the part of the output that the logits of the piece go to,
// (n, Vocab).
func (p *pass) logitRows(n int) []float32 {
	if n == 0 {
		return nil
	}
	for _, t := range p.tokenOf {
		if p.tokens[t].Out == OutLogits {
			first := p.out.row[p.base+t]
			return p.out.logits[first*p.c.Vocab : (first+n)*p.c.Vocab]
		}
	}
	return nil
}

// row returns row i of x, whose rows have n elements.
func row[T any](x []T, i, n int) []T { return x[i*n : (i+1)*n : (i+1)*n] }

// grow returns a slice of length n with unspecified content: s itself if its
// capacity suffices.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
