// Package sample turns logits into the next token: a seeded chain of samplers.
//
// The chain, its names and its order are llama.cpp's. Each [Stage] works on the
// candidates that the stage before it keeps, and at the end one of them is picked:
//
//	logit bias → penalties → DRY → top-n-sigma → top-k → typical-p → top-p → min-p → XTC → temperature → pick
//
// [Params] Samplers has another order, and [Config] adds stages of the caller's.
// The pick is a draw with the probabilities of the candidates, that of mirostat or
// of adaptive-p, or greedy.
//
// The same logits, parameters and seed give the same token on every machine:
// every operation is rounded to float32 or float64, exponentials and logarithms
// come from package simd, the random numbers from PCG, and of equal candidates the
// lowest id wins. A pick takes one random number and XTC one more, whatever they
// decide; a greedy pick takes none.
//
// Read sample.go (the chain), candidates.go (what the stages work on), stages.go,
// temperature.go, mirostat.go, penalties.go and dry.go, in this order; params.go
// has the parameters and fields.go what they mean in a program.
package sample

import (
	"math/rand/v2"
	"slices"
)

// A Sampler picks tokens as its [Params] say. It keeps the recent tokens of a
// sequence, for the penalties, and the state of its random numbers: use one
// Sampler for each sequence. It is not safe for concurrent use.
type Sampler struct {
	p       Params // resolved: 0 does not mean a default
	seed    int64
	bias    []tokenBias
	ends    []int32 // what MinTokens forbids
	chain   []Stage
	accepts []accepter
	picker  picker
	c       Candidates
	picked  int // index of the last token in c
	sampled int // number of tokens
}

// Config is what a Sampler needs besides [Params]. The zero value will do.
type Config struct {
	// Breakers are DRY's sequence breakers as tokens; nil means none.
	Breakers *Breakers
	// EndTokens are the tokens that end a text, which MinTokens forbids.
	EndTokens []int32
	// Stages are the caller's own, by the names that Params.Samplers gives them.
	// A Stage serves one Sampler.
	Stages map[string]Stage
}

// stream is the second half of PCG's seed. Any constant gives a good stream.
const stream = 0x9e3779b97f4a7c15

// New returns a Sampler for p. The error names the first invalid field of p.
func New(p Params, c Config) (*Sampler, error) {
	order := p.Samplers
	p.Samplers = nil // their names may be those of c
	if err := p.Check(0); err != nil {
		return nil, err
	}
	if err := checkOrder(order, c.Stages); err != nil {
		return nil, err
	}
	p = p.resolve()
	p.Samplers = order
	s := &Sampler{p: p, seed: p.Seed, bias: sortedBias(p.LogitBias), ends: c.EndTokens}
	for s.seed == 0 {
		s.seed = int64(rand.Uint32()) // short enough to be typed again
	}
	s.c.rng.Seed(uint64(s.seed), stream)
	s.build(c)
	return s, nil
}

// Seed returns the seed in use: Params.Seed, or the random seed in its place.
func (s *Sampler) Seed() int64 { return s.seed }

// Accept appends id, from the prompt or generated, to the sequence. The penalties
// and DRY count it until as many more ids have been accepted as they look back.
// Ids outside the vocabulary have no effect.
func (s *Sampler) Accept(id int32) {
	for _, a := range s.accepts {
		a.Accept(id)
	}
}

// Sample returns the next token of a sequence from the logits of its last
// position, (vocab,), which it does not change. It does not Accept the token. It
// returns false if no token is allowed: all have logit -Inf or NaN, from the start
// or after a stage.
//
// A token with logit +Inf, the lowest id of these, is taken without a random
// number for the pick. Sample panics if logits is empty.
func (s *Sampler) Sample(logits []float32) (id int32, ok bool) {
	if len(logits) == 0 {
		panic("sample: Sample: no logits")
	}
	if n, ok := s.picker.(noter); ok {
		n.note()
	}
	early := s.sampled < s.p.MinTokens && len(s.ends) > 0
	s.run(logits, early)
	if early && s.c.end == none {
		s.run(logits, false)
	}
	s.sampled++
	if s.c.end == none {
		return 0, false
	}
	return s.c.list[s.picked].id, true
}

// run sends logits through the chain and picks a token of what is left. If early
// is true, the text must not end yet.
func (s *Sampler) run(logits []float32, early bool) {
	c := &s.c
	c.reset(logits)
	s.picked = 0
	for _, b := range s.bias {
		if int(b.id) < len(logits) {
			c.set(b.id, logits[b.id]+b.bias)
		}
	}
	for _, id := range s.ends {
		if early && uint(id) < uint(len(logits)) {
			c.set(id, negInf32)
		}
	}
	for _, stage := range s.chain {
		if stage.Apply(c); c.end != ongoing {
			break
		}
	}
	if c.end == ongoing {
		s.picked = s.picker.pick(c)
	}
	if c.end == forced {
		c.list[0].prob = 1
	}
}

// A Prob is a token and its probability.
type Prob struct {
	ID   int32
	Prob float32
}

// Picked returns the probability with which the last token was picked, after the
// whole chain, 0 if there was none.
func (s *Sampler) Picked() float32 {
	if s.picked >= len(s.c.list) {
		return 0
	}
	return s.c.list[s.picked].prob
}

// Top appends to dst the n likeliest candidates for the last token after the whole
// chain, the likeliest first, of equal ones the lowest id. They are fewer if the
// chain left fewer. Top must be called before the next Sample.
func (s *Sampler) Top(dst []Prob, n int) []Prob {
	first := len(dst)
	for _, k := range s.c.list {
		p := Prob{k.id, k.prob}
		if len(dst)-first == n && (n == 0 || !likelier(p, dst[len(dst)-1])) {
			continue
		}
		at := first
		for at < len(dst) && !likelier(p, dst[at]) {
			at++
		}
		dst = slices.Insert(dst, at, p)
		dst = dst[:min(len(dst), first+n)]
	}
	return dst
}

// likelier reports whether a comes before b.
func likelier(a, b Prob) bool { return a.Prob > b.Prob || a.Prob == b.Prob && a.ID < b.ID }
