package sample

import (
	"math"
	"slices"

	"github.com/querent-ai/chord/simd"
)

// topK sets s.cands to the TopK highest of x, best first, lowest id first
// among equals; or to all of x, in order of id, if TopK keeps them all. NaN
// and -Inf are left out; x has a finite logit.
//
// A heap of the best so far, worst on top, needs one comparison for most of
// the vocabulary, which [simd.Above] makes: O(n + k·log k·log n) for logits in
// random order.
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
	// The heap's order is upside down, key = −logit; of equal logits the
	// highest id is the worst, so ids are negated too.
	for j := range h {
		h[j].id = -h[j].id
	}
	heapify(h)
	for i < len(x) {
		if i += simd.Above(x[i:min(i+aboveSpan, len(x))], h[0].logit); i < len(x) && x[i] > h[0].logit {
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

// aboveSpan is how many logits are looked through in one call, which nothing
// can interrupt: some microseconds.
const aboveSpan = 1 << 16

// all sets s.cands to every token that can be picked, in order of id.
func (s *Sampler) all(x []float32) {
	s.cands = slices.Grow(s.cands[:0], len(x))
	for i, v := range x {
		if v >= -math.MaxFloat32 {
			s.cands = append(s.cands, candidate{id: int32(i), logit: v, key: v})
		}
	}
}
