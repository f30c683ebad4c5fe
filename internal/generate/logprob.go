package generate

import (
	"slices"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/simd"
)

// logprobs returns the log probability of the token just sampled and the likeliest
// tokens in its place, before or after sampling changed the logits.
func (t *Text) logprobs(logits []float32, id int32) (float32, []TokenProb) {
	if !t.Params.PostSamplingProbs {
		return Logprobs(t.Vocab.Tokenizer, logits, id, t.Params.Logprobs)
	}
	log := func(p float32) float32 { return float32(simd.Log(float64(p))) }
	probs := t.sampler.Top(nil, t.Params.Logprobs)
	top := make([]TokenProb, len(probs))
	for i, p := range probs {
		top[i] = TokenProb{ID: p.ID, Text: t.Vocab.Piece(p.ID), Logprob: log(p.Prob)}
	}
	return log(t.sampler.Picked()), top
}

// Logprob returns the natural logarithm of the probability of token id.
func Logprob(logits []float32, id int32) float64 {
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

// Logprobs returns the log probability of id and the n likeliest tokens.
func Logprobs(tok *bpe.Tokenizer, logits []float32, id int32, n int) (float32, []TokenProb) {
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
