package chord

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/querent-ai/chord/llama"
)

// promptTokens is the most tokens of a prompt that are computed in one turn:
// the others who generate need not wait for all of a long prompt.
const promptTokens = 512

// prompt reads the prompt and returns the first token after it.
func (g *generation) prompt(ctx context.Context) (id int32, err error) {
	for ids := g.ids; len(ids) > 0 && err == nil; {
		n := min(len(ids), promptTokens)
		g.batch = g.batch[:0]
		for _, id := range ids[:n] {
			g.batch = append(g.batch, llama.Token{Seq: g.seq, ID: id})
		}
		ids = ids[n:]
		g.batch[n-1].Logits = len(ids) == 0
		id, err = g.forward(ctx)
	}
	return id, err
}

// step returns the token after id.
func (g *generation) step(ctx context.Context, id int32) (int32, error) {
	g.batch = append(g.batch[:0], llama.Token{Seq: g.seq, ID: id, Logits: true})
	return g.forward(ctx)
}

// forward waits for a turn, runs the batch and, if its last token asks for
// logits, chooses the next.
func (g *generation) forward(ctx context.Context) (int32, error) {
	if err := g.m.enter(ctx); err != nil {
		return 0, err
	}
	defer g.m.leave()
	if err := g.m.llama.Forward(ctx, g.batch); err != nil {
		return 0, err
	}
	last := len(g.batch) - 1
	if !g.batch[last].Logits {
		return 0, nil
	}
	id := g.sampler.Sample(g.m.llama.Logits(last))
	g.sampler.Accept(id)
	return id, nil
}

// emit hands the text of id to the caller, or what is decided of it.
func (g *generation) emit(id int32) error {
	text := g.dec.Next(id)
	if !g.m.tok.IsControl(id) {
		g.out.unfinished = unfinished(text, g.m.tok.Piece(id))
	}
	stopped, ok := g.out.add(Token{id, text})
	switch {
	case !ok:
		return errLeft
	case stopped:
		g.stats.Finish = FinishStop
	}
	return nil
}

// finish ends generation without an error: what was held back is decided.
func (g *generation) finish(f Finish) error {
	g.stats.Finish = f
	g.out.flush(g.dec.Flush())
	return nil
}

// full ends generation because the context is full, which is an error only if
// the caller asked for a number of tokens.
func (g *generation) full() error {
	if g.p.MaxTokens <= 0 {
		return g.finish(FinishContext)
	}
	return fmt.Errorf("chord: %d of %d tokens generated after a prompt of %d, context of %d: %w",
		g.stats.Tokens, g.p.MaxTokens, len(g.ids), g.m.Context(), ErrContextFull)
}

// unfinished reports whether a decoder that made text of piece, the last of
// several, is left with the beginning of a character.
func unfinished(text, piece string) bool {
	for i := len(piece) - 1; i >= 0 && i >= len(piece)-utf8.UTFMax; i-- {
		if utf8.RuneStart(piece[i]) {
			return !utf8.FullRuneInString(piece[i:])
		}
	}
	return text == "" && piece != "" // the middle of a character
}
