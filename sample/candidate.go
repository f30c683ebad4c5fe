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
	prob  float32 // set by softmax
	key   float32 // the heap's order
}

// better reports whether a comes before b: the higher key, then the lower id.
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

// siftDown restores the heap below i, whose key may be too low. The best candidate
// is on top.
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

// keepBest keeps the best candidates of s.cands by key, best first. It takes one
// at a time until enough returns true, for their number n and the sum of their
// probabilities, and at least MinKeep. With a heap that is O(n + kept·log n): most
// of a vocabulary is never sorted.
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

// softmax sets every candidate's prob to exp((logit − highest)/temp) over the sum
// of all. Since it subtracts before it divides, no temperature overflows.
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

// highest returns the highest logit of the candidates, at least one.
func (s *Sampler) highest() float32 {
	top := float32(math.Inf(-1))
	for i := range s.cands {
		top = max(top, s.cands[i].logit)
	}
	return top
}
