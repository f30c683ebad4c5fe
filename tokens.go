package chord

import (
	"context"
	"fmt"
	"iter"
)

// GenerateTokens returns the tokens that continue ids, a prompt that is taken as it is:
// nothing, such as BOS, is added. It is otherwise [Model.Generate]; an id outside the
// vocabulary is a [*ParamError].
func (m *Model) GenerateTokens(ctx context.Context, ids []int32, p Params) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		err := p.check(m.vocab)
		if err == nil {
			err = m.checkIDs(ctx, ids)
		}
		if err != nil {
			yield(Token{ID: -1, Result: &Result{}}, err)
			return
		}
		m.generate(ctx, ids, &p, false, yield)
	}
}

// Logprobs yields ids as tokens with the log probability of each after those before it
// and the top likeliest tokens in its place; the first token, which follows nothing, has
// Logprob 0 and Top nil. The Texts are the pieces of the vocabulary, maybe not whole
// characters. An error is the last element; errors are those of [Model.Generate].
func (m *Model) Logprobs(ctx context.Context, ids []int32, top int, adapters ...AdapterScale) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		if top < 0 || top > maxLogprobs {
			yield(Token{}, invalid("top", "%d, want 0 to %d", top, maxLogprobs))
			return
		}
		if err := m.checkIDs(ctx, ids); err != nil {
			yield(Token{}, err)
			return
		}
		tok, err := m.tokenizer()
		if err != nil {
			yield(Token{}, err)
			return
		}
		if !yield(Token{ID: ids[0], Text: tok.Piece(ids[0])}, nil) || len(ids) == 1 {
			return
		}
		at := 1
		for logits, err := range m.Logits(ctx, ids[:len(ids)-1], len(ids)-1, adapters...) {
			if err != nil {
				yield(Token{}, err)
				return
			}
			t := Token{ID: ids[at], Text: tok.Piece(ids[at])}
			t.Logprob, t.Top = logprobs(tok, logits, t.ID, top)
			if at++; !yield(t, nil) {
				return
			}
		}
	}
}

// EmbedTokens is [Model.Embed] of texts given as token ids, which are taken as they are:
// no special tokens are added.
func (m *Model) EmbedTokens(ctx context.Context, texts [][]int32, o EmbedOptions) ([][]float32, error) {
	return m.embedAll(ctx, len(texts), o, func(i int) ([]int32, error) { return m.embedIDs(texts[i], o.Truncate) })
}

// embedIDs returns the tokens of a text given as ids.
func (m *Model) embedIDs(ids []int32, truncate bool) ([]int32, error) {
	for i, id := range ids {
		if id < 0 || int(id) >= m.vocab {
			return nil, invalid(fmt.Sprintf("ids[%d]", i), "token %d, the vocabulary has %d", id, m.vocab)
		}
	}
	switch n, limit := len(ids), m.Context(); {
	case n == 0:
		return nil, invalid("text", "it has no tokens")
	case n > limit && truncate:
		return ids[:limit], nil
	case n > limit:
		return nil, fmt.Errorf("%d tokens, context of %d: %w", n, limit, ErrContextFull)
	}
	return ids, nil
}
