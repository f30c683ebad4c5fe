package chord

import (
	"context"
	"fmt"
	"iter"
	"math"
	"sync"

	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/generate"
)

// A Score is the probability of an answer.
type Score struct {
	Tokens  int     // of the answer
	Logprob float64 // natural logarithm of its probability, the sum over its tokens
}

// Score returns the probability of each answer after prompt. The tokens of an answer
// are those in which prompt and answer, encoded as one text, differ from the prompt
// alone.
//
// Errors are those of [Model.Generate].
func (m *Model) Score(ctx context.Context, prompt string, answers []string, adapters ...AdapterScale) ([]Score, error) {
	head, err := m.prompt(ctx, prompt, &Params{})
	if err != nil {
		return nil, err
	}
	if err := m.checkPrompt(head); err != nil {
		return nil, err
	}
	texts := make([][]int32, len(answers))
	for i, a := range answers {
		if texts[i], err = m.prompt(ctx, prompt+a, &Params{}); err == nil {
			err = m.checkPrompt(texts[i])
		}
		if err != nil {
			return nil, err
		}
	}
	set, err := m.adapters("adapters", adapters)
	if err != nil {
		return nil, err
	}
	seq := m.engine.NewSeq(head, engine.SeqOptions{NoPrefix: m.texts.NoPrefix, Adapters: set})
	defer seq.Close()
	if _, err := m.engine.Forward(ctx, seq, head[seq.Len():], 0); err != nil {
		return nil, failed(err)
	}
	scores := make([]Score, len(answers))
	return scores, each(len(answers), func(i int) error {
		var err error
		scores[i], err = m.score(ctx, seq, head, texts[i])
		return failed(err)
	})
}

// score returns the probability of the tokens of text that differ from head, the
// tokens of seq.
func (m *Model) score(ctx context.Context, seq *engine.Seq, head, text []int32) (Score, error) {
	same := 0
	for same < len(head) && same < len(text) && head[same] == text[same] {
		same++
	}
	s := Score{Tokens: len(text) - same}
	if s.Tokens == 0 {
		return s, nil
	}
	from := max(same-1, 0) // the token before the answer predicts the first of it
	fork := seq.Fork()
	defer fork.Close()
	fork.Rewind(min(from, fork.Len()))
	rows := text[from : len(text)-1]
	if same == 0 { // nothing predicts the very first token
		s.Tokens--
	}
	at := from + 1
	for logits, err := range m.engine.ForwardEach(ctx, fork, rows, len(rows)) {
		if err != nil {
			return Score{}, err
		}
		s.Logprob += generate.Logprob(logits, text[at])
		if at++; math.IsNaN(s.Logprob) {
			return Score{}, generate.Broken(at)
		}
	}
	return s, nil
}

// Logits yields the logits, (vocabulary,), after each of the last want tokens of ids.
// The slice may be changed and is valid until the next element. An error is the last
// element; errors are those of [Model.Generate].
func (m *Model) Logits(ctx context.Context, ids []int32, want int, adapters ...AdapterScale) iter.Seq2[[]float32, error] {
	return func(yield func([]float32, error) bool) {
		if want < 1 || want > len(ids) {
			yield(nil, invalid("want", "%d, want 1 to the %d tokens", want, len(ids)))
			return
		}
		if err := m.checkIDs(ctx, ids); err != nil {
			yield(nil, err)
			return
		}
		set, err := m.adapters("adapters", adapters)
		if err != nil {
			yield(nil, err)
			return
		}
		seq := m.engine.NewSeq(ids[:len(ids)-want+1], engine.SeqOptions{NoPrefix: m.texts.NoPrefix, Adapters: set})
		defer seq.Close()
		for logits, err := range m.engine.ForwardEach(ctx, seq, ids[seq.Len():], want) {
			if !yield(logits, failed(err)) || err != nil {
				return
			}
		}
	}
}

// checkIDs returns an error if ids cannot be a prompt.
func (m *Model) checkIDs(ctx context.Context, ids []int32) error {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	for i, id := range ids {
		if id < 0 || int(id) >= m.vocab {
			return invalid(fmt.Sprintf("ids[%d]", i), "token %d, the vocabulary has %d", id, m.vocab)
		}
	}
	return m.checkPrompt(ids)
}

// each calls f(0) to f(n-1), atOnce at a time, and returns the first error in that
// order.
func each(n int, f func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	room := make(chan struct{}, atOnce)
	for i := range n {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			errs[i] = f(i)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// atOnce is how many texts of one call are computed at the same time.
const atOnce = 16

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
		v, err := m.tokens()
		if err != nil {
			yield(Token{}, err)
			return
		}
		if !yield(Token{ID: ids[0], Text: v.Piece(ids[0])}, nil) || len(ids) == 1 {
			return
		}
		at := 1
		for logits, err := range m.Logits(ctx, ids[:len(ids)-1], len(ids)-1, adapters...) {
			if err != nil {
				yield(Token{}, err)
				return
			}
			t := generate.Token{ID: ids[at], Text: v.Piece(ids[at])}
			t.Logprob, t.Top = generate.Logprobs(v.Tokenizer, logits, t.ID, top)
			if at++; !yield(newToken(t), nil) {
				return
			}
		}
	}
}
