package llama

import (
	"context"

	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/simd"
)

// A pass is the state of one Forward. It keeps its memory, so that the next one
// allocates nothing. Buffers are row-major, a row a token of the piece.
type pass struct {
	c     *Config
	fam   family
	w     *weights
	ropes *ropes
	kv    *pages
	pool  *par.Pool

	// The batch.
	pos    []int     // of every token in its sequence
	row    []int     // of every token in logits, -1 if it wants none
	logits []float32 // (tokens that want them, Vocab)

	// The piece.
	ctx    context.Context
	err    error // the first; nothing is computed after it
	base   int   // the piece's first token in the batch
	tokens []Token
	at     []int // of every row, its token in the piece

	x, n, h  []float32 // (rows, Dim): the residual stream, its norm, what is added to it
	q, att   []float32 // (rows, Heads·HeadDim)
	k, v     []float32 // (rows, KVHeads·HeadDim)
	gate, up []float32 // (rows, hidden)
	hidden   int       // width of gate and up
	piece    int       // most tokens computed at once

	observe  Observer // or nil
	acts     simd.Acts
	products []simd.Product
	routes   routes

	// What the job going on works on.
	layer         int
	dst, src, arg []float32
	weights       norm
	mix           *mixture

	// What attention works with.
	writers   []simd.KVWriter  // of every thread
	attn      []simd.Attention // of every thread
	order     []int            // of rows: those of a sequence follow each other
	tiles     []tile
	positions int // of the longest sequence
	together  int // heads in a piece
}

// newPass returns a pass over m.
func newPass(m *Model) pass {
	c := &m.config
	hidden := m.weights.hidden(c.ExpertsUsed)
	return pass{
		c: c, fam: c.family(), w: &m.weights, ropes: &m.ropes, kv: m.pages, pool: m.pool,
		hidden: hidden, piece: pieceFor(max(hidden, c.Dim, c.qDim())),
		writers: make([]simd.KVWriter, m.pool.Threads()), attn: make([]simd.Attention, m.pool.Threads()),
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
	c := p.c
	p.at = p.at[:n]
	p.x, p.n, p.h = grow(p.x, n*c.Dim), grow(p.n, n*c.Dim), grow(p.h, n*c.Dim)
	p.q, p.att = grow(p.q, n*c.qDim()), grow(p.att, n*c.qDim())
	p.k, p.v = grow(p.k, n*c.kvDim()), grow(p.v, n*c.kvDim())
	p.gate, p.up = grow(p.gate, n*p.hidden), grow(p.up, n*p.hidden)
	p.cut()
}

// end forgets the piece and returns its error.
func (p *pass) end() error {
	p.ok() // the last product may have been cut short
	p.pool.Watch(context.Background())
	p.ctx, p.tokens = nil, nil
	return p.err
}

// fail forgets the batch, so that nobody takes logits of it, and returns err.
func (p *pass) fail(err error) error {
	p.pos, p.row = p.pos[:0], p.row[:0]
	return err
}

// ok reports whether to go on.
func (p *pass) ok() bool {
	if p.err == nil {
		p.err = p.ctx.Err()
	}
	return p.err == nil
}

// narrow drops the rows of tokens that want no logits.
func (p *pass) narrow() {
	n, dim, qDim := 0, p.c.Dim, p.c.qDim()
	for i, t := range p.at {
		if !p.tokens[t].Logits {
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

// wanted returns the logits of the rows that narrow has left, (rows, Vocab).
func (p *pass) wanted() []float32 {
	if len(p.at) == 0 {
		return nil
	}
	first := p.row[p.base+p.at[0]]
	return p.logits[first*p.c.outDim() : (first+len(p.at))*p.c.outDim()]
}
