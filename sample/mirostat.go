package sample

// [mirostat] Basu et al., Mirostat: A Neural Text Decoding Algorithm that Directly
// Controls Perplexity, 2021, arXiv:2007.14966
// [adaptive] Adaptive-P, llama.cpp pull request 17927

import (
	"math"
	"slices"

	"github.com/querent-ai/chord/simd"
)

// A target holds the surprise −log₂ p of the picked tokens near tau: each moves
// the limit mu, first 2·tau, by
//
//	mu −= eta·(surprise − tau)
type target struct {
	tau, eta, mu float64
	before       past[float64] // mu before each of the last tokens
}

func newTarget(p *Params) target {
	return target{tau: float64(p.MirostatTau), eta: float64(p.MirostatEta), mu: 2 * float64(p.MirostatTau)}
}

// pick draws one of the candidates and learns from it.
func (t *target) pick(c *Candidates) int {
	i := weighted{}.pick(c)
	if c.end == ongoing {
		t.learn(c.list[i].prob)
	}
	return i
}

// note keeps the limit before the next token.
func (t *target) note() { t.before.push(t.mu) }

// learn moves the limit after a token with probability p.
func (t *target) learn(p float32) {
	t.mu -= float64(t.eta * (-simd.Log(float64(p))/math.Ln2 - t.tau))
}

// mirostat1 keeps the k highest logits with k from the slope s of the logarithms
// of the probabilities over the logarithms of the ranks, estimated from the best
// mirostatTokens [mirostat]. For a vocabulary of n:
//
//	s = Σ tᵢ·bᵢ / Σ tᵢ²   tᵢ = ln((i+1)/i)   bᵢ = ln(pᵢ/pᵢ₊₁)
//	k = ((s−1)·2^mu / (1 − n^(1−s)))^(1/s)
type mirostat1 struct{ target }

// mirostatTokens is the number of tokens that mirostat1 estimates the slope from.
const mirostatTokens = 100

func (m *mirostat1) pick(c *Candidates) int {
	m.truncate(c)
	return m.target.pick(c)
}

// truncate keeps the k best candidates.
func (m *mirostat1) truncate(c *Candidates) {
	c.best(mirostatTokens)
	if c.end == ongoing && len(c.list) > 1 {
		if k := m.keep(c); k < len(c.list) {
			c.list = c.list[:k]
		} else if k > mirostatTokens {
			c.dense = true // the list again, from the logits
			c.best(min(k, len(c.x)))
		}
	}
}

// keep returns k for the best candidates, which are the list.
func (m *mirostat1) keep(c *Candidates) int {
	var tb, tt float64
	for i := range min(mirostatTokens, len(c.list)) - 1 {
		t := simd.Log(float64(i+2) / float64(i+1))
		b := (float64(c.list[i].logit) - float64(c.list[i+1].logit)) / float64(c.temp)
		tb += float64(t * b)
		tt += float64(t * t)
	}
	s := tb / tt
	if s == 0 {
		return len(c.x) // all alike
	}
	n, power := float64(len(c.x)), simd.Pow(2, m.mu)
	k := power / simd.Log(n) // the limit for s = 1
	if s != 1 {
		k = float64((s-1)*power) / (1 - simd.Pow(n, 1-s))
	}
	k = simd.Pow(k, 1/s)
	if !(k < n) {
		return len(c.x)
	}
	return max(1, int(k))
}

// mirostat2 keeps the candidates with surprises of mu or less, at least the best
// [mirostat].
type mirostat2 struct{ target }

func (m *mirostat2) pick(c *Candidates) int {
	m.truncate(c)
	return m.target.pick(c)
}

// truncate removes the candidates with greater surprises.
func (m *mirostat2) truncate(c *Candidates) {
	if c.all(); c.end != ongoing {
		return
	}
	c.softmax(c.temp)
	least := float32(simd.Pow(2, -m.mu))
	best := *c.top()
	if best.prob < least {
		c.list = append(c.list[:0], best)
		return
	}
	c.list = slices.DeleteFunc(c.list, func(k candidate) bool { return k.prob < least })
}

// adaptiveP picks tokens with probabilities near a target, which it adapts so that
// the mean of the last ones, weighted by powers of decay, comes to the target
// [adaptive]. With p a candidate's probability, a = 2·target − mean in [0, 1] and
// d = |p − a| / 0.3, it draws with the logits
//
//	5 − 10·d² / (1 + d)
type adaptiveP struct {
	target, decay float64
	sum, weight   float64 // of the probabilities of the tokens so far
	id            int32   // picked and not yet accepted, -1: none
	prob          float64 // of id
	before        past[[2]float64]
}

func newAdaptiveP(target, decay float32) *adaptiveP {
	a := &adaptiveP{target: float64(target), decay: float64(decay), id: -1}
	a.weight = 1 / (1 - a.decay)
	a.sum = float64(a.target * a.weight)
	return a
}

func (a *adaptiveP) pick(c *Candidates) int {
	if c.all(); c.end != ongoing {
		return 0
	}
	a.aim(c)
	i := c.draw()
	a.await(&c.list[i])
	return i
}

// aim sets the probabilities to draw with and keeps those before as keys.
func (a *adaptiveP) aim(c *Candidates) {
	c.softmax(c.temp)
	want := max(0, min(1, float64(2*a.target)-a.sum/a.weight))
	for i := range c.list {
		p := c.list[i].prob
		c.list[i].key = p
		d := math.Abs(float64(p)-want) / 0.3
		c.probs[i] = float32(5 - float64(float64(10*d)*d)/(1+d))
	}
	c.normalise()
}

// await remembers the picked token until it is accepted.
func (a *adaptiveP) await(k *candidate) { a.id, a.prob = k.id, float64(k.key) }

// Accept counts the probability of a token that pick returned.
func (a *adaptiveP) Accept(id int32) {
	a.before.push([2]float64{a.sum, a.weight})
	if id == a.id {
		a.sum = a.prob + float64(a.decay*a.sum)
		a.weight = 1 + float64(a.decay*a.weight)
	}
	a.id = -1
}
