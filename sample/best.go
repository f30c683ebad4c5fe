package sample

import (
	"math"
	"slices"

	"github.com/querent-ai/chord/simd"
)

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

// keepBest keeps the best candidates of the list by key, best first. It takes one
// at a time until enough returns true, for their number n and the sum of their
// probabilities, and at least minKeep. With a heap that is O(n + kept·log n): most
// of a vocabulary is never sorted.
func (c *Candidates) keepBest(minKeep int, enough func(n int, sum float64) bool) {
	h := c.list
	heapify(h)
	left, sum := len(h), 0.0
	for left > 0 {
		left--
		h[0], h[left] = h[left], h[0]
		siftDown(h[:left], 0)
		sum += float64(h[left].prob)
		if n := len(h) - left; n >= minKeep && enough(n, sum) {
			break
		}
	}
	kept := h[left:] // worst first
	slices.Reverse(kept)
	c.list = h[:copy(h, kept)]
}

// keepLogits is keepBest by logit.
func (c *Candidates) keepLogits(minKeep int, enough func(n int, sum float64) bool) {
	if c.sorted {
		sum := 0.0
		for i := range c.list {
			sum += float64(c.list[i].prob)
			if i+1 >= minKeep && enough(i+1, sum) {
				c.list = c.list[:i+1]
				return
			}
		}
		return
	}
	for i := range c.list {
		c.list[i].key = c.list[i].logit
	}
	c.keepBest(minKeep, enough)
	c.sorted = true
}

// minBlock is the shortest block of logits that best reads with one call.
const minBlock = 32

// best makes the list of the k highest logits, best first, of equal ones the
// lowest id first.
//
// It reads the logits twice, a vector at a time. First it finds a limit that the k
// highest are above; then the few logits above it go to a heap of k with the worst
// on top, which raises the limit for the rest.
func (c *Candidates) best(k int) {
	if !c.dense || k >= len(c.x)/minBlock {
		c.all()
		c.keepLogits(1, func(n int, _ float64) bool { return n >= k })
		return
	}
	h, limit := c.list[:0], c.limit(k)
	add := func(id int32, v float32) {
		// The worst is on top, so key = −logit; of equal logits the highest id is
		// the worst, so ids are negated too.
		n := candidate{id: -id, logit: v, key: -v}
		switch {
		case len(h) < k:
			if h = append(h, n); len(h) == k {
				heapify(h)
				limit = h[0].logit
			}
		case better(&h[0], &n):
			h[0] = n
			siftDown(h, 0)
			limit = h[0].logit
		}
	}
	for i := 0; i < len(c.x); i++ {
		i += simd.Above(c.x[i:min(i+aboveMax, len(c.x))], limit)
		if i < len(c.x) && c.x[i] > limit && (len(c.edits) == 0 || c.edited[i] == 0) {
			add(int32(i), c.x[i])
		}
	}
	for _, e := range c.edits {
		if e.logit >= limit && e.logit >= -math.MaxFloat32 {
			add(e.id, e.logit)
		}
	}
	for j := range h {
		h[j].id, h[j].key = -h[j].id, h[j].logit
	}
	slices.SortFunc(h, byKey)
	c.list, c.dense, c.sorted = h, false, true
	c.settle()
}

// limit returns a logit that k tokens without edits are above, or -Inf: the nth
// highest logit of the best of 2n blocks has n tokens that are not below it, one
// for each edit and k more.
func (c *Candidates) limit(k int) float32 {
	n := k + len(c.edits)
	if len(c.x)/(2*n) < minBlock {
		return negInf32
	}
	c.maxima = c.maxima[:0]
	for b := range 2 * n {
		block := c.x[b*len(c.x)/(2*n) : (b+1)*len(c.x)/(2*n)]
		if v := block[simd.Argmax(block)]; v == v {
			c.maxima = append(c.maxima, v)
		}
	}
	if len(c.maxima) < n {
		return negInf32
	}
	slices.Sort(c.maxima)
	return math.Nextafter32(c.maxima[len(c.maxima)-n], negInf32)
}

// highest returns the best token; its logit is -Inf if there is none.
func (c *Candidates) highest() candidate {
	best := candidate{logit: negInf32}
	switch {
	case !c.dense && len(c.list) > 0:
		return *c.top()
	case !c.dense:
		return best
	case len(c.edits) == 0:
		if at := simd.Argmax(c.x); c.x[at] > best.logit {
			best = candidate{id: int32(at), logit: c.x[at]}
		}
		return best
	}
	for _, e := range c.edits {
		if e.logit > best.logit || e.logit == best.logit && e.id < best.id {
			best = candidate{id: e.id, logit: e.logit}
		}
	}
	// Nextafter32, for a token of the same logit and a lower id.
	for i := 0; i < len(c.x); i++ {
		i += simd.Above(c.x[i:min(i+aboveMax, len(c.x))], math.Nextafter32(best.logit, negInf32))
		if i < len(c.x) && c.edited[i] == 0 && (c.x[i] > best.logit || c.x[i] == best.logit && int32(i) < best.id) {
			best = candidate{id: int32(i), logit: c.x[i]}
		}
	}
	return best
}
