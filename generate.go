package chord

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/sample"
	"github.com/querent-ai/chord/simd"
)

// ErrContextFull is wrapped by errors about a prompt, or MaxTokens after it,
// that the context cannot hold.
var ErrContextFull = llama.ErrContextFull

// A Token is one step of a generation.
//
// Text is what it adds: the texts of all tokens, one after the other, are the
// generated text, and each of them is valid UTF-8. A character made by several
// tokens comes with the last, the others' Text is "", as is a control token's.
// The last Text before a stop string is what precedes it.
type Token struct {
	ID   int32
	Text string
}

// Generate returns the tokens that continue prompt. Ranging over them does the
// work; each range starts anew, with a key/value cache of its own that is given
// back when the loop is left, by whatever way.
//
// An error is yielded once, as the last element: about Params, naming the
// field; ctx.Err() within about 50 ms after ctx is done; one that wraps
// [ErrContextFull] if the prompt is longer than the context, or after the
// tokens that did fit if MaxTokens asks for more; [ErrUnsupported] for a model
// that gives vectors; [ErrClosed].
func (m *Model) Generate(ctx context.Context, prompt string, p Params) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		g, err := m.newGeneration(prompt, p)
		if err != nil {
			yield(Token{}, err)
			return
		}
		defer g.close()
		g.out.yield = yield
		if err := g.run(ctx); err != nil && g.out.flush(g.dec.Flush()) {
			yield(Token{}, err)
		}
	}
}

// errLeft is how a generation learns that the caller has left the loop.
var errLeft = errors.New("the caller left the loop")

// A generation is one range over Generate.
type generation struct {
	m       *Model
	p       Params
	ids     []int32 // the prompt
	seq     *llama.Seq
	sampler *sample.Sampler
	dec     *bpe.Decoder
	batch   []llama.Token
	out     output
	stats   Stats
}

// newGeneration prepares a range, or says what is wrong with it.
func (m *Model) newGeneration(prompt string, p Params) (*generation, error) {
	if err := p.check(m.tok.Len()); err != nil {
		return nil, err
	}
	if c := m.Config(); c.Embedder() {
		return nil, fmt.Errorf("chord: Generate: %s gives vectors, no text: %w", c.Arch, ErrUnsupported)
	}
	g := &generation{m: m, p: p, ids: m.encode(prompt, p), dec: m.tok.NewDecoder(), out: output{stops: newStops(p.Stop)}}
	switch n, limit := len(g.ids), m.Context(); {
	case n == 0:
		return nil, errors.New("chord: nothing to continue: the prompt has no tokens")
	case n > limit:
		return nil, fmt.Errorf("chord: prompt of %d tokens, context of %d: %w", n, limit, ErrContextFull)
	}
	sampling := p.Sampling
	sampling.LogitBias = forbid(sampling.LogitBias, m.never)
	if p.IgnoreEOS {
		sampling.LogitBias = forbid(sampling.LogitBias, m.eog)
	}
	var err error
	if g.sampler, err = sample.New(sampling); err != nil {
		return nil, err
	}
	for _, id := range g.ids {
		g.sampler.Accept(id)
	}
	if prompt == "" {
		g.dec.TrimSpace()
	}
	g.seq = m.llama.NewSeq()
	g.stats = Stats{Load: m.load, Tier: simd.Tier(), PromptTokens: len(g.ids), Seed: g.sampler.Seed()}
	return g, nil
}

// encode returns the tokens of a prompt. A vocabulary may ask for an EOS after
// texts; a text that is to be continued has none.
func (m *Model) encode(prompt string, p Params) []int32 {
	ids := m.tok.Encode(nil, prompt, bpe.EncodeOptions{NoBOS: p.NoBOS, NoParseSpecial: p.NoParseSpecial})
	if n := len(ids); n > 0 && !p.NoBOS && m.tok.AddEOS() && ids[n-1] == m.tok.EOS() {
		ids = ids[:n-1]
	}
	return ids
}

// close gives the cache back and the figures to the caller.
func (g *generation) close() {
	g.seq.Close()
	if g.p.Stats != nil {
		*g.p.Stats = g.stats
	}
}

// run reads the prompt and generates until something ends it; nil means that
// nothing is left to be yielded.
func (g *generation) run(ctx context.Context) error {
	start := time.Now()
	id, err := g.prompt(ctx)
	g.stats.PromptTime = time.Since(start)
	for {
		switch {
		case err != nil:
			return err
		case !g.p.IgnoreEOS && g.m.tok.IsEOG(id) || slices.Contains(g.p.StopTokens, id):
			return g.finish(FinishEOG)
		}
		g.stats.Tokens++
		if err := g.emit(id); err != nil || g.stats.Finish != "" {
			return err
		}
		if g.stats.Tokens == g.p.MaxTokens {
			return g.finish(FinishLength)
		}
		if g.seq.Len() == g.m.Context() {
			return g.full()
		}
		start := time.Now()
		id, err = g.step(ctx, id)
		g.stats.TokenTime += time.Since(start)
		g.stats.passes++
	}
}
