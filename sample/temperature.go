package sample

// [dynatemp] kalomaze, Dynamic Temperature Sampling, llama.cpp pull request 4972

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

// temperature divides the logits by t. With delta > 0 it divides by a value
// between max(0, t−delta) and t+delta that grows with the entropy H of the n
// candidates [dynatemp]:
//
//	low + (high − low)·(H / ln n)^exponent
type temperature struct {
	t, delta, exponent float32
	last               bool // no stage follows
}

func (t *temperature) Apply(c *Candidates) {
	by := t.t
	if t.delta > 0 {
		if c.all(); c.end != ongoing || len(c.list) == 1 {
			return
		}
		if by = t.dynamic(c); by == 0 {
			best := *c.top()
			c.list = append(c.list[:0], best)
			return
		}
	}
	if t.last { // whoever picks the token divides
		c.temp = by
		return
	}
	if c.all(); c.end != ongoing {
		return
	}
	base := float32(0)
	if top := c.top().logit / by; !(top >= -math.MaxFloat32 && top <= math.MaxFloat32) {
		base = c.top().logit // differences are what counts
	}
	for i := range c.list {
		c.list[i].logit = max((c.list[i].logit-base)/by, -math.MaxFloat32)
	}
}

// dynamic returns what to divide by. With p the probabilities, l the logits and m
// the highest of these, H = −ln p(m) − Σ p·(l − m), which needs one logarithm.
func (t *temperature) dynamic(c *Candidates) float32 {
	low, high := float64(max(0, t.t-t.delta)), float64(t.t)+float64(t.delta)
	c.softmax(1)
	top := c.top()
	h := -simd.Log(float64(top.prob))
	for i := range c.list {
		if k := &c.list[i]; k.prob > 0 {
			h -= float64(float64(k.prob) * (float64(k.logit) - float64(top.logit)))
		}
	}
	ratio := max(0, min(1, h/simd.Log(float64(len(c.list)))))
	if ratio > 0 {
		ratio = simd.Pow(ratio, float64(t.exponent))
	}
	return float32(min(math.MaxFloat32, low+float64((high-low)*ratio)))
}

// A picker takes one of the candidates that the stages leave and returns its
// index. The candidates then have the probabilities that it was taken with. If c
// comes to an end, the index is 0.
type picker interface{ pick(c *Candidates) int }

// greedy takes the highest logit, of equal ones the lowest id, without a random
// number.
type greedy struct{}

func (greedy) pick(c *Candidates) int {
	best := c.highest()
	if !(best.logit >= -math.MaxFloat32) {
		c.end = none
		return 0
	}
	best.prob = 1
	c.list, c.dense = append(c.list[:0], best), false
	return 0
}

// weighted takes a candidate with the probabilities softmax(logit / temperature)
// and one random number.
type weighted struct{}

func (weighted) pick(c *Candidates) int {
	if c.all(); c.end != ongoing {
		return 0
	}
	if len(c.list) > 1 {
		c.softmax(c.temp)
	}
	return c.draw()
}

// draw returns the first candidate whose cumulative probability, in float64 and in
// the order of the candidates, is above u·total, with u uniform in [0, 1).
func (c *Candidates) draw() int {
	u := c.Random()
	if len(c.list) == 1 {
		c.list[0].prob = 1
		return 0
	}
	total := 0.0
	for i := range c.list {
		total += float64(c.list[i].prob)
	}
	target, sum := float64(u*total), 0.0
	last := 0
	for i := range c.list {
		if c.list[i].prob > 0 {
			last = i
		}
		if sum += float64(c.list[i].prob); sum > target {
			break
		}
	}
	return last
}
