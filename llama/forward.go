package llama

import (
	"context"
	"runtime/debug"

	"github.com/querent-ai/chord/internal/mmap"
)

// Forward runs the model over a batch: tokens of any number of sequences, in
// any order, where those of one sequence follow each other in it. Keys and
// values join the sequences' caches, and logits are kept for the tokens that
// ask for them.
//
// ctx is looked at all along; once it is done, Forward returns its error within
// about 50 ms, or after the product of one token with one matrix if this
// machine takes longer for it. After any error all sequences are as they were before the call.
// Errors name the token of the batch: an id outside the vocabulary, a sequence
// that is closed ([ErrClosed]) or whose context is full ([ErrContextFull]).
// An empty batch is an error; a nil Seq or one of another model panics.
func (m *Model) Forward(ctx context.Context, batch []Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer release(batch)
	p := &m.pass
	if err := m.admit(batch); err != nil {
		return p.fail(err)
	}
	piece := p.piece
	if p.fam.encoder { // tokens see those that follow
		piece = len(batch)
	}
	for lo := 0; lo < len(batch); lo += piece {
		if err := p.run(ctx, lo, batch[lo:min(lo+piece, len(batch))]); err != nil {
			return p.fail(err)
		}
	}
	commit(batch)
	return nil
}

// run computes a piece of a batch that starts at token base of it.
func (p *pass) run(ctx context.Context, base int, tokens []Token) (err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err) // of weights that lie in the file
	p.begin(ctx, base, tokens)
	p.embed(p.x)
	p.norm(p.x, p.x, p.w.TokenEmbdNorm)
	for l := range p.w.Blk {
		w := &p.w.Blk[l]
		p.attention(l, w)
		p.ffn(w)
	}
	p.output()
	return p.end()
}

// attention adds to x what the tokens before have to say.
func (p *pass) attention(l int, w *blk) {
	n := p.norm(p.n, p.x, w.AttnNorm)
	p.mul(n, to{p.q, &w.AttnQ}, to{p.k, &w.AttnK}, to{p.v, &w.AttnV})
	p.turn(l) // q and k by their positions; k and v go into the cache
	if l == len(p.w.Blk)-1 && p.observe == nil {
		p.narrow() // from here on only tokens that want logits matter
	}
	p.attend(l) // att = softmax(q·k)·v
	p.mul(p.att, to{p.h, &w.AttnOutput})
	p.add(p.x, p.norm(p.h, p.h, w.AttnPostNorm))
	p.norm(p.x, p.x, w.AttnOutputNorm)
}

// ffn adds to x what the feed-forward network makes of it.
func (p *pass) ffn(w *blk) {
	n := p.norm(p.n, p.x, w.FFNNorm)
	if w.FFNNorm.W == nil && w.AttnNorm.W != nil {
		n = p.n // side by side with attention, of the same norm
	}
	if w.Experts != nil {
		p.mixture(p.h, n, w.Experts)
	} else {
		p.mlp(p.h, n, &w.FFN)
	}
	p.add(p.x, p.norm(p.h, p.h, w.FFNPostNorm))
	p.norm(p.x, p.x, w.LayerOutputNorm)
}

// mlp sets dst to w of every row of x.
func (p *pass) mlp(dst, x []float32, w *mlp) {
	n := len(x) / p.c.Dim * w.Up.W.Rows()
	gate, up := p.gate[:n], p.up[:n]
	if w.Gate.W == nil {
		p.mul(x, to{gate, &w.Up})
		p.act(gate, nil)
	} else {
		p.mul(x, to{gate, &w.Gate}, to{up, &w.Up})
		p.act(gate, up)
	}
	p.mul(gate, to{dst, &w.Down})
}

// output computes the logits of the tokens that are left; an embedder's stream
// is what it gives.
func (p *pass) output() {
	if p.observe != nil {
		p.narrow() // later than else
	}
	if p.fam.encoder {
		copy(p.wanted(), p.x)
		return
	}
	n := p.norm(p.n, p.x, p.w.OutputNorm)
	p.mul(n, to{p.wanted(), &p.w.Output})
	p.scaleLogits(p.wanted())
}
