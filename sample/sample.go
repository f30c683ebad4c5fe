// Package sample turns logits into the next token: the sampler chain, seeded.
//
// The chain and its order are llama.cpp's defaults, each stage working on what
// the one before it left:
//
//	logit bias → penalties → top-k → typical-p → top-p → min-p → temperature → draw
//
// The same logits, parameters and seed give the same token on every machine:
// every operation is a rounded float32 or float64 one, exponentials come from
// package simd, the generator is PCG, and ties go to the lowest id.
package sample

import (
	"math"
	"math/rand/v2"

	"github.com/querent-ai/chord/simd"
)

// A Sampler picks tokens as its [Params] say. It remembers the tokens it was
// told of (for the penalties) and the state of its random numbers, so it
// belongs to one sequence and is not safe for concurrent use.
type Sampler struct {
	p       Params // spelled out: no zero means a default here
	seed    int64
	rng     rand.PCG
	bias    []tokenBias
	recent  history
	minLogp float32 // ln(MinP)

	// Scratch, kept from call to call so that a token allocates nothing.
	logits []float32   // a copy to edit
	cands  []candidate // what is left of the vocabulary
	probs  []float32   // parallel to cands
}

// stream is the second half of PCG's seed: any constant gives a good stream.
const stream = 0x9e3779b97f4a7c15

// New returns a Sampler for p, or an error that names the first field of p
// that has no meaning.
func New(p Params) (*Sampler, error) {
	if err := p.Check(0); err != nil {
		return nil, err
	}
	p = p.spelled()
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

// Seed returns the seed in use: Params.Seed, or the one drawn in its place.
func (s *Sampler) Seed() int64 { return s.seed }

// Accept tells s that id is now part of the sequence, prompt or generated; the
// penalties count it until RepeatLastN later ones have come. Ids that no
// vocabulary has are remembered and harmless.
func (s *Sampler) Accept(id int32) {
	if s.p.penalises() {
		s.recent.add(id)
	}
}

// Sample returns the next token of a sequence whose last position has these
// logits, (vocab,), which it leaves unchanged. It does not Accept the token.
//
// NaN counts as -Inf, and a token at -Inf is never picked while another is
// left. The lowest id at +Inf is picked without a draw; if every logit is
// -Inf or NaN, id 0 is. Any other sampled token takes exactly one random
// number, a greedy one none. Sample panics if logits is empty.
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
