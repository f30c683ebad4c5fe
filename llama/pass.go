package llama

import (
	"context"

	"github.com/querent-ai/chord/simd"
)

// A pass is the state of one Forward. It keeps its memory, so that the next one
// allocates nothing. Buffers are row-major, a row a token of the piece.
type pass struct {
	c       *Config
	fam     family
	w       *weights
	ropes   *ropes
	kv      *cacheLayout
	pool    *simd.Pool
	context int
	widths  widths

	batch
	piece
	activations
	attendState
	args

	observe  Observer // or nil
	acts     simd.Acts
	products []simd.Product
	routes   routes
}

// A piece is the part of a batch that is computed at once.
type piece struct {
	ctx    context.Context
	err    error // the first; nothing is computed after it
	base   int   // its first token in the batch
	tokens []Token
	at     []int // of every row, its token in the piece
}

// activations are what a layer makes of the tokens.
type activations struct {
	x, n, h  []float32 // (rows, Dim): the residual stream, its norm, what is added to it
	q        []float32 // (rows, Heads·KeyDim)
	k        []float32 // (rows, KVHeads·KeyDim)
	v        []float32 // (rows, KVHeads·ValueDim)
	att      []float32 // (rows, Heads·ValueDim)
	gate, up []float32 // (rows, HiddenDim), or as wide as experts need
}

// args are what the job going on works on.
type args struct {
	layer         int
	dst, src, arg []float32
	weights       norm
	attn          *attention
	experts       *mixture
}

// newPass returns a pass over m.
func newPass(m *Model) pass {
	p := pass{
		c: &m.config, fam: m.config.family(), w: &m.weights, ropes: &m.ropes, kv: m.layout, pool: m.pool,
		context: m.context,
	}
	p.writers = make([]simd.KVWriter, m.pool.Threads())
	p.attentions = make([]simd.Attention, m.pool.Threads())
	for i := range p.c.Layer {
		p.widths.include(p.c, &p.c.Layer[i])
	}
	return p
}

// widths are the largest of all layers.
type widths struct{ q, k, v, att, hidden int }

// include makes w no less than what layer l needs.
func (w *widths) include(c *Config, l *LayerConfig) {
	w.q, w.k, w.v, w.att = max(w.q, l.qDim()), max(w.k, l.kDim()), max(w.v, l.vDim()), max(w.att, l.outDim())
	if l.Experts {
		w.hidden = max(w.hidden, c.SharedDim, c.ExpertsUsed*c.ExpertDim)
	} else {
		w.hidden = max(w.hidden, l.HiddenDim)
	}
}

// begin makes room for the tokens of a piece.
func (p *pass) begin(ctx context.Context, base int, tokens []Token) {
	p.ctx, p.err, p.base, p.tokens = ctx, nil, base, tokens
	p.pool.Watch(ctx)
	p.at = grow(p.at, len(tokens))
	p.positions = 0
	for i := range p.at {
		p.at[i] = i
		p.positions = max(p.positions, p.pos[base+i]+1)
	}
	p.resize(len(tokens))
}

// resize sets the number of rows.
func (p *pass) resize(n int) {
	dim, w := p.c.Dim, &p.widths
	p.at = p.at[:n]
	p.x, p.n, p.h = grow(p.x, n*dim), grow(p.n, n*dim), grow(p.h, n*dim)
	p.q, p.att = grow(p.q, n*w.q), grow(p.att, n*w.att)
	p.k, p.v = grow(p.k, n*w.k), grow(p.v, n*w.v)
	p.gate, p.up = grow(p.gate, n*w.hidden), grow(p.up, n*w.hidden)
	p.sortRows()
}

// end forgets the piece and returns its error.
func (p *pass) end() error {
	p.ok() // the last product may have been cut short
	p.pool.Watch(context.Background())
	p.ctx, p.tokens = nil, nil
	return p.err
}

// ok reports whether to go on.
func (p *pass) ok() bool {
	if p.err == nil {
		p.err = p.ctx.Err()
	}
	return p.err == nil
}

// keepOutputRows drops the rows of tokens that give nothing. qDim is the width
// of the queries, 0 if they are not needed any more.
func (p *pass) keepOutputRows(qDim int) {
	n, dim := 0, p.c.Dim
	for i, t := range p.at {
		if p.tokens[t].Out == OutNone {
			continue
		}
		if n < i {
			copy(row(p.x, n, dim), row(p.x, i, dim))
			copy(row(p.n, n, dim), row(p.n, i, dim))
			copy(row(p.q, n, qDim), row(p.q, i, qDim))
		}
		p.at[n] = t
		n++
	}
	p.resize(n)
}
