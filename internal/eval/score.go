// Package eval computes how well a model predicts a text (perplexity) and how far
// its logits are from those of another model (KL divergence).
package eval

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

// A Row is the score of one row of logits. Logarithms are natural.
type Row struct {
	NLL float64 // -log of the probability of the next token

	// Against a base, see [Scorer.Compare].
	BaseNLL float64 // the base's NLL
	KL      float64 // Σ p_base·(log p_base - log p)
	DeltaP  float64 // the token's probability less the base's
	SameTop bool    // the most likely token is the base's
}

// block is how many elements are exponentiated at a time, to stay in cache.
const block = 1024

// A Scorer scores rows of logits. It serves one goroutine at a time.
type Scorer struct {
	logs, exps [block]float32
}

// Score returns the NLL of token id after logits, (vocabulary,), which stay as
// they are.
func (s *Scorer) Score(logits []float32, id int32) Row {
	return Row{NLL: s.logSum(logits, logits[simd.Argmax(logits)]) - float64(logits[id])}
}

// logSum returns log Σ exp(x[i]), where m is the maximum of x.
func (s *Scorer) logSum(x []float32, m float32) float64 {
	sum := 0.0
	for len(x) > 0 {
		n := copy(s.exps[:], x)
		sum += float64(simd.ExpSum(s.exps[:n], m))
		x = x[n:]
	}
	return float64(m) + simd.Log(sum)
}

// Compare returns the score of token id by logits, and by base, a packed row of the
// base's logits.
func (s *Scorer) Compare(base []byte, logits []float32, id int32) Row {
	top := simd.Argmax(logits)
	total := s.logSum(logits, logits[top])
	p := unpack(base)
	r := Row{NLL: total - float64(logits[id]), BaseNLL: -float64(p.at(int(id)))}
	r.DeltaP = math.Exp(-r.NLL) - math.Exp(-r.BaseNLL)
	baseTop, most := 0, p.at(0)
	for lo := 0; lo < len(logits); lo += block {
		x := logits[lo:min(lo+block, len(logits))]
		logs, exps := s.logs[:len(x)], s.exps[:len(x)]
		for i := range logs {
			logs[i] = p.at(lo + i)
			if logs[i] > most {
				baseTop, most = lo+i, logs[i]
			}
		}
		copy(exps, logs)
		simd.ExpSum(exps, 0)
		for i, l := range logs {
			if l > -packRange { // smaller probabilities are not exact
				r.KL += float64(exps[i]) * (float64(l) - float64(x[i]) + total)
			}
		}
	}
	r.SameTop = baseTop == top
	return r
}
