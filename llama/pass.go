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
	most    int // tokens computed at once

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

// PieceTokens is the most tokens computed at once: enough to make matrix
// products dense, few enough to keep the activations small. For a model of 1B,
// 512 were no faster and took 36 MB more.
const PieceTokens = 256

// pieceElems is the most elements of an activation that pieces are cut for:
// more than any model has in PieceTokens rows, and no more than a file's
// strange shape should ask for at once.
const pieceElems = 1 << 25

// pieceFor returns how many tokens are computed at once where a row of the
// largest activation has width elements.
func pieceFor(width int) int { return min(max(pieceElems/max(width, 1), 1), PieceTokens) }

// newPass returns a pass over m.
func newPass(m *Model) pass {
	p := pass{
		c: &m.config, fam: m.config.family(), w: &m.weights, ropes: &m.ropes, kv: m.layout, pool: m.pool,
		context: m.context,
	}
	p.writers = make([]simd.KVWriter, m.pool.Threads())
	p.attentions = make([]simd.Attention, m.pool.Threads())
	w := &p.widths
	for i := range p.c.Layer {
		l := &p.c.Layer[i]
		w.q, w.k, w.v, w.att = max(w.q, l.qDim()), max(w.k, l.kDim()), max(w.v, l.vDim()), max(w.att, l.outDim())
	}
	w.hidden = m.weights.hidden(p.c.ExpertsUsed)
	p.most = pieceFor(max(w.hidden, p.c.Dim, w.q, w.att))
	return p
}

// widths are the largest of all layers.
type widths struct{ q, k, v, att, hidden int }

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

// takeEmbeddings copies the rows of n that are asked for as they are and returns
// the others, whose logits are.
func (p *pass) takeEmbeddings(n []float32) []float32 {
	if !p.ok() {
		return nil
	}
	dim, kept := p.c.Dim, 0
	for i, t := range p.at {
		if p.tokens[t].Out == OutEmbd {
			copy(p.out.Row(p.base+t), row(n, i, dim))
			continue
		}
		if kept < i {
			copy(row(n, kept, dim), row(n, i, dim))
		}
		kept++
	}
	return n[:kept*dim]
}

// logitRows returns the piece's part of the logits, (n, Vocab).
func (p *pass) logitRows(n int) []float32 {
	if n == 0 {
		return nil
	}
	for _, t := range p.at {
		if p.tokens[t].Out == OutLogits {
			first := p.out.row[p.base+t]
			return p.out.logits[first*p.c.Vocab : (first+n)*p.c.Vocab]
		}
	}
	return nil
}

// row returns row i of x, whose rows have n elements.
func row[T any](x []T, i, n int) []T { return x[i*n : (i+1)*n : (i+1)*n] }

// grow returns a slice of length n with unspecified content, s itself if it
// has the room.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
