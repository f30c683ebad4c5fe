package llama

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/querent-ai/chord/internal/mmap"
)

// Forward runs the model over a batch: tokens of any number of sequences, in
// any order, where those of one sequence follow each other in it. Keys and
// values join the sequences' caches, and out gets what the tokens ask for.
//
// ctx is looked at all along; once it is done, Forward returns its error within
// about 50 ms, or after the product of one token with one matrix if this
// machine takes longer for it. After any error all sequences are as they were
// before the call, or shorter where a recurrent state has to go back further.
// Errors name the token of the batch: an id outside the vocabulary, a sequence
// whose context is full ([ErrContextFull]); or are those of
// [kvcache.Seq.Extend]. A model that is closed is [ErrClosed], an empty batch an
// error; a nil Seq panics.
func (m *Model) Forward(ctx context.Context, batch []Token, out *Output) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("llama: model: %w", ErrClosed)
	}
	p := &m.pass
	done := false
	defer func() {
		if !done {
			p.discard()
		}
	}()
	if err := p.admit(batch, out); err != nil {
		return err
	}
	size := p.most
	if p.fam.encoder { // tokens see those that follow
		size = len(batch)
	}
	for lo := 0; lo < len(batch); lo += size {
		if err := p.run(ctx, lo, batch[lo:min(lo+size, len(batch))]); err != nil {
			return err
		}
	}
	p.commit(batch)
	done = true
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
		p.mix(l, w)
		p.ffn(w)
	}
	p.output()
	return p.end()
}

// mix adds to x what the layer's mixer takes from the tokens before.
func (p *pass) mix(l int, w *blk) {
	n := p.norm(p.n, p.x, w.AttnNorm)
	switch {
	case w.Attn != nil:
		p.attention(p.h, n, l, w.Attn)
	}
	p.add(p.x, p.norm(p.h, p.h, w.AttnPostNorm))
	p.norm(p.x, p.x, w.AttnOutputNorm)
}

// attention sets dst to Wo · softmax(q·kᵀ)·v of every row of n.
func (p *pass) attention(dst, n []float32, l int, w *attention) {
	c := &p.c.Layer[l]
	rows := len(p.at)
	q, k, v := p.q[:rows*c.qDim()], p.k[:rows*c.kDim()], p.v[:rows*c.vDim()]
	p.mul(n, product{q, &w.Q}, product{k, &w.K}, product{v, &w.V})
	p.rotate(l, w) // q and k by their positions; k and v go into the cache
	if l == len(p.w.Blk)-1 && p.observe == nil {
		p.keepOutputRows(c.qDim()) // from here on only they matter
	}
	rows = len(p.at)
	p.attend(l, w) // att = softmax(q·k)·v
	p.mul(p.att[:rows*c.outDim()], product{dst[:rows*p.c.Dim], &w.Output})
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
		p.mul(x, product{gate, &w.Up})
		p.act(gate, nil)
	} else {
		p.mul(x, product{gate, &w.Gate}, product{up, &w.Up})
		p.act(gate, up)
	}
	p.mul(gate, product{dst, &w.Down})
}

// output computes what the tokens that are left give: logits, or the stream
// after the last norm.
func (p *pass) output() {
	if p.observe != nil {
		p.keepOutputRows(0) // later than else
	}
	n := p.norm(p.n, p.x, p.w.OutputNorm)
	n = p.takeEmbeddings(n)
	logits := p.logitRows(len(n) / p.c.Dim)
	p.mul(n, product{logits, &p.w.Output})
	p.scaleLogits(logits)
}
