// Package sample turns logits into the next token: a seeded chain of samplers.
//
// The chain and its order are llama.cpp's defaults. Each stage works on the
// candidates that the stage before it keeps:
//
//	logit bias → penalties → top-k → typical-p → top-p → min-p → temperature → draw
//
// The same logits, parameters and seed give the same token on every machine:
// every operation is rounded to float32 or float64, exponentials come from
// package simd, the random numbers from PCG, and of equal candidates the lowest
// id wins.
//
// Read sample.go (the chain), stages.go, penalties.go and params.go, in this
// order; candidate.go has the heap and the softmax of the stages.
package sample

import (
	"math"
	"math/rand/v2"

	"github.com/querent-ai/chord/simd"
)

// A Sampler picks tokens as its [Params] say. It keeps the recent tokens of a
// sequence, for the penalties, and the state of its random numbers: use one
// Sampler for each sequence. It is not safe for concurrent use.
type Sampler struct {
	p       Params // resolved: 0 does not mean a default
	seed    int64
	rng     rand.PCG
	bias    []tokenBias
	recent  history
	minLogp float32 // ln(MinP)

	// Scratch, kept from call to call so that a token allocates nothing.
	logits []float32   // a copy with bias and penalties
	cands  []candidate // the candidates that are left
	probs  []float32   // (len(cands),)
}

// stream is the second half of PCG's seed. Any constant gives a good stream.
const stream = 0x9e3779b97f4a7c15

// New returns a Sampler for p. The error names the first invalid field of p.
func New(p Params) (*Sampler, error) {
	if err := p.Check(0); err != nil {
		return nil, err
	}
	p = p.resolve()
	s := &Sampler{p: p, seed: p.Seed, bias: sortedBias(p.LogitBias)}
	for s.seed == 0 {
		s.seed = int64(rand.Uint32()) // short enough to be typed again
	}
	s.rng.Seed(uint64(s.seed), stream)
	s.recent.limit = p.RepeatLastN
	if p.MinP > 0 {
		s.minLogp = float32(simd.Log(float64(p.MinP)))
	}
	return s, nil
}

// Seed returns the seed in use: Params.Seed, or the random seed in its place.
func (s *Sampler) Seed() int64 { return s.seed }

// Accept appends id, from the prompt or generated, to the sequence. The penalties
// count it until RepeatLastN more ids have been accepted. Ids outside the
// vocabulary have no effect.
func (s *Sampler) Accept(id int32) {
	if s.p.penalises() {
		s.recent.add(id)
	}
}

// Sample returns the next token of a sequence from the logits of its last
// position, (vocab,), which it does not change. It does not Accept the token.
//
// NaN counts as -Inf. A token with logit -Inf is picked only if all have it; then
// id 0 is. The lowest id with logit +Inf is picked without a random number, and
// so is a greedy token. Any other token takes exactly one random number. Sample
// panics if logits is empty.
func (s *Sampler) Sample(logits []float32) int32 {
	if len(logits) == 0 {
		panic("sample: Sample: no logits")
	}
	x := s.edited(logits)
	best := simd.Argmax(x)
	switch {
	case !(x[best] >= -math.MaxFloat32):
		return 0
	case s.p.Temperature == Greedy || x[best] > math.MaxFloat32:
		return int32(best)
	}
	s.topK(x)
	s.typical()
	s.topP()
	s.minP()
	return s.draw()
}
