package llama

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/querent-ai/chord/internal/mmap"
)

// Forward runs the model over a batch: tokens of any number of sequences, in
// any order; tokens of one sequence take its next positions in the order of the
// batch. Their keys and values go to the cache, their outputs to out.
//
// Once ctx is done, Forward returns its error within about 50 ms, or after the
// product of one token with one matrix if that takes longer. After any error all
// sequences are as before the call, or shorter where a recurrent state must go
// back further.
//
// Errors name the token of the batch: an id is outside the vocabulary, or the
// context of a sequence is full ([ErrContextFull]). Errors of
// [kvcache.Seq.Extend] are returned too. A closed model returns [ErrClosed], an
// empty batch an error. A nil Seq panics.
func (m *Model) Forward(ctx context.Context, batch []Token, out *Output) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("llama: model: %w", ErrClosed)
	}
	if err := m.device.refused(batch); err != nil {
		return err
	}
	err := m.forward(ctx, batch, out)
	if m.device.failed && ctx.Err() == nil {
		if err = m.takeOver(err); err == nil {
			err = m.forward(ctx, batch, out)
		}
	}
	return err
}

// forward is Forward on the CPU or on the device.
func (m *Model) forward(ctx context.Context, batch []Token, out *Output) error {
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
	if err := m.compute(ctx, batch); err != nil {
		return err
	}
	p.commit(batch)
	done = true
	return nil
}

// compute computes the batch that the pass has admitted.
func (m *Model) compute(ctx context.Context, batch []Token) error {
	p := &m.pass
	if m.device.device != nil {
		return p.onDevice(ctx, &m.device, batch)
	}
	if err := p.rewrite(ctx, &m.device); err != nil {
		return err
	}
	size := p.pieceTokens
	if p.fam.encoder { // a token sees the tokens after it
		size = len(batch)
	}
	for lo := 0; lo < len(batch); {
		hi := pieceEnd(batch, lo, size)
		if err := p.run(ctx, lo, batch[lo:hi]); err != nil {
			return err
		}
		lo = hi
	}
	return nil
}

// run computes the piece of a batch that starts at token base.
func (p *pass) run(ctx context.Context, base int, tokens []Token) (err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err) // weights in a mapped file may fault
	p.begin(ctx, base, tokens)
	p.embed(p.x)
	p.norm(p.x, p.x, p.w.TokenEmbdNorm)
	p.embedLayers()
	p.splitStreams()
	for l := range p.w.Blk {
		w := &p.w.Blk[l]
		p.layer = l
		p.predict(&w.Streams)
		p.routeFirst(w.Experts)
		if w.mixes() {
			p.mix(l, w)
		}
		if !p.c.Layer[l].attends() && l == p.lastKV && p.observe == nil {
			p.keepOutputRows(0) // attention has kept them
		}
		if w.hasNetwork() {
			p.ffn(w)
		}
		if p.fam.streams {
			p.correct(l, &w.Streams, &w.Input)
		} else {
			p.addLayerInput(l, &w.Input)
		}
	}
	p.joinStreams()
	p.output()
	return p.end()
}

// mix adds the output of the layer's mixer to x.
func (p *pass) mix(l int, w *blk) {
	n := p.norm(p.n, p.x, w.AttnNorm)
	if w.AttnNorm2.W != nil {
		copy(p.n, p.x) // added a second time
	}
	switch {
	case w.Attn != nil && w.Mamba != nil:
		p.mamba2(p.h, n, l, w.Mamba)
		p.add(p.x, p.h)
		p.attention(p.h, n, l, w.Attn)
	case w.Attn != nil:
		p.attention(p.h, n, l, w.Attn)
	case w.MLA != nil && w.MLA.KVB.W != nil:
		p.wholeLatentAttention(p.h, n, l, w.MLA)
	case w.MLA != nil:
		p.latentAttention(p.h, n, l, w.MLA)
	case w.Delta != nil:
		p.deltaNet(p.h, n, l, w.Delta)
	case w.Conv != nil:
		p.shortConv(p.h, n, l, w.Conv)
	case w.Mamba != nil:
		p.mamba2(p.h, n, l, w.Mamba)
	case w.Mamba1 != nil:
		p.mamba1(p.h, n, l, w.Mamba1)
	case w.KDA != nil:
		p.kda(p.h, n, l, w.KDA)
	case w.RWKV != nil:
		p.rwkv(p.h, n, l, w.RWKV)
	}
	if p.c.Parallel {
		p.norm(p.n, p.x, w.FFNNorm)
	}
	p.add(p.x, p.norm(p.h, p.h, w.AttnPostNorm))
	if w.ChannelLerp != nil {
		p.mixChannels(w)
	}
	p.laurel(&w.Streams)
	p.norm(p.x, p.x, w.AttnOutputNorm)
	if w.AttnNorm2.W != nil {
		p.add(p.x, p.n)
		p.norm(p.x, p.x, w.AttnNorm2)
	}
}

// attention sets every row of dst to Wo · softmax(q·kᵀ)·v, with q, k and v from
// n.
func (p *pass) attention(dst, n []float32, l int, w *attention) {
	c := &p.c.Layer[l]
	rows := len(p.tokenOf)
	q, k, v := p.q[:rows*c.qDim()], p.k[:rows*c.kDim()], p.v[:rows*c.vDim()]
	switch {
	case w.K.W == nil: // those of an earlier layer
		p.mul(n, product{q, &w.Q})
	case w.V.W == nil:
		p.mul(n, product{q, &w.Q}, product{k, &w.K})
		copy(v, k)
	case p.fam.queryGate:
		p.queryGates = grow(p.queryGates, 2*len(q))
		p.mul(n, product{p.queryGates, &w.Q}, product{k, &w.K}, product{v, &w.V})
	default:
		p.mul(n, product{q, &w.Q}, product{k, &w.K}, product{v, &w.V})
	}
	p.rotate(l, w) // RoPE of q and k; k and v go to the cache
	if l == p.lastKV && p.observe == nil {
		p.keepOutputRows(c.qDim()) // no later layer needs the others
	}
	rows = len(p.tokenOf)
	p.attend(l, w) // att = softmax(q·k)·v
	p.gateOutput(c, w)
	if p.fam.queryGate {
		p.gateAttention(l)
	}
	p.normRows(p.att[:rows*c.outDim()], w.SubNorm)
	p.mul(p.att[:rows*c.outDim()], product{dst[:rows*p.c.Dim], &w.Output})
	p.scale(dst[:rows*p.c.Dim], p.valueScale)
}

// ffn adds the output of the feed-forward network, or of the mixture of experts,
// to x.
func (p *pass) ffn(w *blk) {
	n := p.n // in parallel with attention, perhaps with the same norm
	if !p.c.Parallel && w.ChannelLerp == nil && (w.FFNNorm.W != nil || w.AttnNorm.W == nil) {
		n = p.norm(p.n, p.x, w.FFNNorm)
	}
	switch {
	case w.Experts != nil && w.FFN.Up.W != nil:
		p.denseAndExperts(p.h, n, w)
	case w.Experts != nil:
		p.mixture(p.h, n, w.Experts)
	default:
		p.mlp(p.h, n, &w.FFN)
	}
	p.add(p.x, p.norm(p.h, p.h, w.FFNPostNorm))
	p.norm(p.x, p.x, w.LayerOutputNorm)
}

// mlp sets every row of dst to Down·(act(Gate·x) * Up·x).
func (p *pass) mlp(dst, x []float32, w *mlp) {
	n := len(x) / p.c.Dim * w.Up.W.Rows()
	gate, up := p.gate[:n], p.up[:n]
	if w.Gate.W == nil {
		p.mul(x, product{gate, &w.Up})
		p.act(gate, nil)
	} else {
		p.mul(x, product{gate, &w.Gate}, product{up, &w.Up})
		p.sparsify(gate)
		p.actWithin(gate, up, p.c.Layer[p.layer].MLPClamp)
	}
	p.normRows(gate, w.SubNorm)
	p.mul(gate, product{dst, &w.Down})
}

// output computes the outputs of the tokens that have one: logits, or the
// residual stream after the last norm.
func (p *pass) output() {
	if p.observe != nil {
		p.keepOutputRows(0) // attention has kept them for the observer
	}
	n := p.norm(p.n, p.x, p.w.OutputNorm)
	n = p.takeEmbeddings(n)
	logits := p.logitRows(len(n) / p.c.Dim)
	p.mul(n, product{logits, &p.w.Output})
	p.scaleLogits(logits)
}
