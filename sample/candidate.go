package sample

import (
	"math"
	"slices"

	"github.com/querent-ai/chord/simd"
)

// A candidate is a token that may still be picked.
type candidate struct {
	id    int32
	logit float32
	prob  float32 // as of the last softmax
	key   float32 // what the heap orders by
}

// better reports whether a comes before b: higher key, then lower id.
func better(a, b *candidate) bool {
	return a.key > b.key || a.key == b.key && a.id < b.id
}

// byKey orders candidates best first.
func byKey(a, b candidate) int {
	if better(&a, &b) {
		return -1
	}
	return 1
}

// siftDown restores the heap whose root i may be too low; best candidate on top.
func siftDown(h []candidate, i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && better(&h[child+1], &h[child]) {
			child++
		}
		if !better(&h[child], &h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// heapify makes c a heap with the best candidate on top.
func heapify(c []candidate) {
	for i := len(c)/2 - 1; i >= 0; i-- {
		siftDown(c, i)
	}
}

// keepBest moves the best candidates to the front of s.cands, best first by
// key, and drops the rest: it takes them one at a time until enough says so
// (given how many there are and the sum of their probabilities) and at least
// MinKeep are there. A heap makes that O(n + kept·log n): most of a vocabulary
// is never sorted.
func (s *Sampler) keepBest(enough func(n int, sum float64) bool) {
	c := s.cands
	heapify(c)
	left, sum := len(c), 0.0
	for left > 0 {
		left--
		c[0], c[left] = c[left], c[0]
		siftDown(c[:left], 0)
		sum += float64(c[left].prob)
		if n := len(c) - left; n >= s.p.MinKeep && enough(n, sum) {
			break
		}
	}
	kept := c[left:] // worst first
	slices.Reverse(kept)
	s.cands = c[:copy(c, kept)]
}

// softmax sets every candidate's prob to exp((logit − highest)/temp),
// normalised. Subtracting before dividing keeps any temperature from
// overflowing.
func (s *Sampler) softmax(temp float32) {
	top := s.highest()
	s.probs = s.probs[:0]
	for i := range s.cands {
		s.probs = append(s.probs, (s.cands[i].logit-top)/temp)
	}
	simd.Softmax(s.probs)
	for i, p := range s.probs {
		s.cands[i].prob = p
	}
}

// highest returns the highest logit of the candidates, of which there is one.
func (s *Sampler) highest() float32 {
	top := float32(math.Inf(-1))
	for i := range s.cands {
		top = max(top, s.cands[i].logit)
	}
	return top
}
