package sample

// [typical] Meister et al., Locally Typical Sampling, 2022, arXiv:2202.00666

import (
	"math"
	"slices"

	"github.com/querent-ai/chord/simd"
)

// topK sets s.cands to the TopK highest logits of x, best first, of equal ones
// the lowest id first. If TopK keeps all, it sets s.cands to all of x in order of
// id. It leaves out NaN and -Inf; x has a finite logit.
//
// It keeps a heap of the best candidates with the worst on top. Most logits need
// one comparison with the top, made by [simd.Above]: O(n + k·log k·log n) for
// logits in random order.
func (s *Sampler) topK(x []float32) {
	k := s.p.TopK
	if k >= len(x) {
		s.all(x)
		return
	}
	h := s.cands[:0]
	i := 0
	for ; i < len(x) && len(h) < k; i++ {
		if x[i] >= -math.MaxFloat32 {
			h = append(h, candidate{id: int32(i), logit: x[i], key: -x[i]})
		}
	}
	// The worst candidate is on top of the heap, so key = −logit; of equal logits
	// the highest id is the worst, so ids are negated too.
	for j := range h {
		h[j].id = -h[j].id
	}
	heapify(h)
	for i < len(x) {
		if i += simd.Above(x[i:min(i+aboveMax, len(x))], h[0].logit); i < len(x) && x[i] > h[0].logit {
			h[0] = candidate{id: int32(-i), logit: x[i], key: -x[i]}
			siftDown(h, 0)
			i++
		}
	}
	for j := range h {
		h[j].id, h[j].key = -h[j].id, h[j].logit
	}
	slices.SortFunc(h, byKey)
	s.cands = h
}

// aboveMax is the most logits of one call of simd.Above. Nothing can interrupt
// the call, which takes some microseconds.
const aboveMax = 1 << 16

// all sets s.cands to all tokens but those with -Inf or NaN, in order of id.
func (s *Sampler) all(x []float32) {
	s.cands = slices.Grow(s.cands[:0], len(x))
	for i, v := range x {
		if v >= -math.MaxFloat32 {
			s.cands = append(s.cands, candidate{id: int32(i), logit: v, key: v})
		}
	}
}

// typical keeps the candidates whose information −ln p is nearest to its
// expectation, the entropy H, until their probabilities add up to more than
// TypicalP [typical].
//
// With Z = ln Σ exp(logit), −ln p = Z − logit and H = Z − Σ p·logit. So
// |−ln p − H| = |logit − Σ p·logit|, which needs no logarithm and is right for a
// probability of zero in float32.
func (s *Sampler) typical() {
	p := float64(s.p.TypicalP)
	if p >= 1 {
		return
	}
	s.softmax(1)
	mean := 0.0
	for i := range s.cands {
		mean += float64(float64(s.cands[i].prob) * float64(s.cands[i].logit))
	}
	for i := range s.cands {
		s.cands[i].key = -float32(math.Abs(float64(s.cands[i].logit) - mean))
	}
	s.keepBest(func(_ int, sum float64) bool { return sum > p })
	for i := range s.cands {
		s.cands[i].key = s.cands[i].logit
	}
	slices.SortFunc(s.cands, byKey)
}

// topP keeps the most likely candidates, best first, until their
// probabilities add up to TopP or more.
func (s *Sampler) topP() {
	p := float64(s.p.TopP)
	if p >= 1 {
		return
	}
	s.softmax(1)
	for i := range s.cands {
		s.cands[i].key = s.cands[i].logit
	}
	s.keepBest(func(_ int, sum float64) bool { return sum >= p })
}

// minP keeps the candidates at least MinP times as likely as the best, but at
// least MinKeep. It compares logits: logit ≥ highest + ln(MinP).
func (s *Sampler) minP() {
	if s.p.MinP == 0 {
		return
	}
	floor := s.highest() + s.minLogp
	n := 0
	for i := range s.cands {
		if s.cands[i].logit >= floor {
			n++
		}
	}
	if n < s.p.MinKeep {
		for i := range s.cands {
			s.cands[i].key = s.cands[i].logit
		}
		s.keepBest(func(int, float64) bool { return true })
		return
	}
	kept := s.cands[:0]
	for _, c := range s.cands {
		if c.logit >= floor {
			kept = append(kept, c)
		}
	}
	s.cands = kept
}

// draw picks one of the candidates with the probabilities softmax(logit /
// Temperature).
//
// It is the first candidate whose cumulative probability, in float64 and in the
// order of the candidates, is above u·total, with u uniform in [0, 1) of 53 bits.
func (s *Sampler) draw() int32 {
	u := float64(s.rng.Uint64()>>11) / (1 << 53)
	if len(s.cands) == 1 {
		return s.cands[0].id
	}
	s.softmax(s.p.Temperature)
	total := 0.0
	for i := range s.cands {
		total += float64(s.cands[i].prob)
	}
	target, sum := u*total, 0.0
	last := 0
	for i := range s.cands {
		if s.cands[i].prob > 0 {
			last = i
		}
		if sum += float64(s.cands[i].prob); sum > target {
			break
		}
	}
	return s.cands[last].id
}
