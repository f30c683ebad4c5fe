package sample

// [typical] Meister et al., Locally Typical Sampling, 2022, arXiv:2202.00666
// [sigma] Tang et al., Top-nσ: Not All Logits Are You Need, 2024, arXiv:2411.07641
// [minp] Nguyen et al., Turning Up the Heat: Min-p Sampling, 2024, arXiv:2407.01082
// [xtc] P. E. Weidmann, Exclude Top Choices, text-generation-webui 6335

import (
	"math"
	"slices"

	"github.com/querent-ai/chord/simd"
)

// A Stage is one step of the chain between the logits and the token: it removes
// candidates or changes their logits. A stage that also has a method
// Accept(id int32) is told every token that is appended to the sequence.
//
// A stage serves one [Sampler]. It may keep nothing of c after Apply.
type Stage interface {
	// Apply changes the candidates for the next token. If it removes the last,
	// [Sampler.Sample] finds no token.
	Apply(c *Candidates)
}

// An accepter is a Stage that depends on the sequence.
type accepter interface{ Accept(id int32) }

// topK keeps the k highest logits, of equal ones the lowest ids.
type topK struct{ k int }

func (t topK) Apply(c *Candidates) {
	if c.dense && t.k < len(c.x) || !c.dense && t.k < len(c.list) {
		c.best(t.k)
	}
}

// topNSigma keeps the candidates whose logits are at most n standard deviations
// σ of all logits below the highest, logit ≥ highest − n·σ [sigma]. llama.cpp leaves
// the others with a probability of 0, so that typical-p and dynamic temperature
// still count them; here they are gone.
type topNSigma struct{ n float64 }

func (t topNSigma) Apply(c *Candidates) {
	top := c.highest().logit
	if !(top >= -math.MaxFloat32) || top > math.MaxFloat32 {
		c.all()
		return
	}
	n, sum, squares := c.below(float64(top))
	mean := sum / n
	sigma := math.Sqrt(max(0, squares/n-float64(mean*mean)))
	c.keepFrom(float32(max(float64(top)-float64(t.n*sigma), -math.MaxFloat32)), 1)
}

// below returns the number of candidates, the sum of the distances of their logits
// to top, and the sum of the squares of these.
func (c *Candidates) below(top float64) (n, sum, squares float64) {
	add := func(v float32) {
		if v >= -math.MaxFloat32 {
			d := top - float64(v)
			n++
			sum += d
			squares += float64(d * d)
		}
	}
	if !c.dense {
		for i := range c.list {
			add(c.list[i].logit)
		}
		return n, sum, squares
	}
	var m, s, q float64 // in registers
	for i, v := range c.x {
		if v >= -math.MaxFloat32 && (len(c.edits) == 0 || c.edited[i] == 0) {
			d := top - float64(v)
			m++
			s += d
			q += float64(d * d)
		}
	}
	n, sum, squares = m, s, q
	for _, e := range c.edits {
		add(e.logit)
	}
	return n, sum, squares
}

// keepFrom keeps the candidates with logits of floor or more, but at least
// minKeep, the best.
func (c *Candidates) keepFrom(floor float32, minKeep int) {
	if c.dense {
		if c.above(math.Nextafter32(floor, negInf32)); len(c.list) >= minKeep {
			return
		}
		c.dense = true
		c.all()
	}
	n := 0
	for i := range c.list {
		if c.list[i].logit >= floor {
			n++
		}
	}
	if n < minKeep {
		c.keepLogits(minKeep, func(int, float64) bool { return true })
		return
	}
	c.list = slices.DeleteFunc(c.list, func(k candidate) bool { return k.logit < floor })
}

// typical keeps the candidates whose information −ln p is nearest to its
// expectation, the entropy H, until their probabilities add up to more than p
// [typical].
//
// With Z = ln Σ exp(logit), −ln p = Z − logit and H = Z − Σ p·logit. So
// |−ln p − H| = |logit − Σ p·logit|, which needs no logarithm and is right for a
// probability of zero in float32.
type typical struct {
	p       float64
	minKeep int
}

func (t typical) Apply(c *Candidates) {
	if c.all(); c.end != ongoing {
		return
	}
	c.softmax(1)
	mean := 0.0
	for i := range c.list {
		mean += float64(float64(c.list[i].prob) * float64(c.list[i].logit))
	}
	for i := range c.list {
		c.list[i].key = -float32(math.Abs(float64(c.list[i].logit) - mean))
	}
	c.keepBest(t.minKeep, func(_ int, sum float64) bool { return sum > t.p })
	for i := range c.list {
		c.list[i].key = c.list[i].logit
	}
	slices.SortFunc(c.list, byKey)
	c.sorted = true
}

// topP keeps the most likely candidates, best first, until their probabilities
// add up to p or more.
type topP struct {
	p       float64
	minKeep int
}

func (t topP) Apply(c *Candidates) {
	if c.all(); c.end != ongoing {
		return
	}
	c.softmax(1)
	c.keepLogits(t.minKeep, func(_ int, sum float64) bool { return sum >= t.p })
}

// minP keeps the candidates at least p times as likely as the best, but at least
// minKeep [minp]. It compares logits: logit ≥ highest + ln p.
type minP struct {
	logp    float32
	minKeep int
}

func newMinP(p float32, minKeep int) minP {
	return minP{float32(simd.Log(float64(p))), minKeep}
}

func (t minP) Apply(c *Candidates) {
	top := c.highest().logit
	if !(top >= -math.MaxFloat32) || top > math.MaxFloat32 {
		c.all()
		return
	}
	c.keepFrom(top+t.logp, t.minKeep)
}

// xtc removes, with a chance of probability, all candidates with probabilities of
// threshold or more but the least likely of these, unless fewer than minKeep would
// be left [xtc]. It takes one random number a token, whether it removes any or not.
type xtc struct {
	probability float64
	threshold   float32
	minKeep     int
}

func (t xtc) Apply(c *Candidates) {
	if chance := c.Random(); chance >= t.probability {
		return
	}
	if c.all(); c.end != ongoing {
		return
	}
	c.softmax(1)
	n, last := 0, 0
	for i := range c.list {
		if k := &c.list[i]; k.prob >= t.threshold {
			if n++; n == 1 || k.logit < c.list[last].logit || k.logit == c.list[last].logit && k.id > c.list[last].id {
				last = i
			}
		}
	}
	if n < 2 || len(c.list)-n+1 < t.minKeep {
		return
	}
	keep := c.list[last].id
	c.list = slices.DeleteFunc(c.list, func(k candidate) bool { return k.prob >= t.threshold && k.id != keep })
}
