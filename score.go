package chord

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/simd"
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
	seq := m.engine.NewSeq(head, engine.SeqOptions{NoPrefix: m.noPrefix, Adapters: set})
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
		s.Logprob += logprob(logits, text[at])
		if at++; math.IsNaN(s.Logprob) {
			return Score{}, errBroken(at)
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
		seq := m.engine.NewSeq(ids[:len(ids)-want+1], engine.SeqOptions{NoPrefix: m.noPrefix, Adapters: set})
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

// logprob returns the natural logarithm of the probability of token id.
func logprob(logits []float32, id int32) float64 {
	return float64(logits[id]) - logSum(logits)
}

// logSum returns the natural logarithm of the sum of the exponentials.
func logSum(logits []float32) float64 {
	most := logits[simd.Argmax(logits)]
	sum := 0.0
	for _, x := range logits {
		sum += float64(simd.Exp(x - most))
	}
	return float64(most) + simd.Log(sum)
}

// logprobs returns the log probability of id and the n likeliest tokens.
func logprobs(tok *bpe.Tokenizer, logits []float32, id int32, n int) (float32, []TokenProb) {
	sum := logSum(logits)
	top := make([]TokenProb, 0, n+1)
	for i, x := range logits {
		p := TokenProb{ID: int32(i), Logprob: float32(float64(x) - sum)}
		if len(top) == n && p.Logprob <= top[n-1].Logprob {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, p, func(a, b TokenProb) int {
			if a.Logprob >= b.Logprob {
				return -1
			}
			return 1
		})
		top = slices.Insert(top, at, p)
		top = top[:min(len(top), n)]
	}
	for i := range top {
		top[i].Text = tok.Piece(top[i].ID)
	}
	return float32(float64(logits[id]) - sum), top
}
