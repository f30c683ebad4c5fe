package sample

import (
	"cmp"
	"math"
	"slices"
)

// A history has at least the last limit tokens of a sequence, and maxPast before
// them for Rewind. Its memory grows with the tokens, so that a large limit costs
// nothing for a short sequence.
type history struct {
	limit int
	ids   []int32
}

// Accept appends id and now and then drops what is beyond the limit.
func (h *history) Accept(id int32) {
	if keep := h.limit + maxPast; len(h.ids) >= 2*keep {
		h.ids = h.ids[:copy(h.ids, h.ids[len(h.ids)-keep+1:])]
	}
	h.ids = append(h.ids, id)
}

// last returns the last limit tokens or all.
func (h *history) last() []int32 { return h.ids[max(0, len(h.ids)-h.limit):] }

// penalties lowers the logits of the last tokens of the sequence, each once:
//
//	logit = logit ≤ 0 ? logit·repeat : logit/repeat
//	logit = logit − (count·frequency + presence)
type penalties struct {
	history
	repeat, frequency, presence float32
}

func (p *penalties) Apply(c *Candidates) {
	count := c.counts()
	recent := p.last()
	for _, id := range recent {
		if uint(id) < uint(len(c.x)) {
			count[id]++
		}
	}
	c.change(recent, func(id int32, v float32) float32 {
		if v <= 0 {
			v *= p.repeat
		} else {
			v /= p.repeat
		}
		// The conversions keep a compiler from fusing multiply and add.
		return float32(v) - (float32(float32(count[id])*p.frequency) + p.presence)
	})
}

// change replaces the logits of the candidates with ids whose count is not zero by
// what f returns, and sets all counts to zero.
func (c *Candidates) change(ids []int32, f func(id int32, logit float32) float32) {
	if !c.dense {
		for i := range c.list {
			if k := &c.list[i]; c.count[k.id] != 0 {
				k.logit = finite(f(k.id, k.logit))
				c.sorted = false
			}
		}
	}
	for _, id := range ids {
		if uint(id) >= uint(len(c.x)) || c.count[id] == 0 {
			continue
		}
		if c.dense {
			c.set(id, f(id, c.logit(id)))
		}
		c.count[id] = 0
	}
}

// finite returns the finite number that is nearest to x, the lowest for NaN.
func finite(x float32) float32 {
	if x >= -math.MaxFloat32 {
		return min(x, math.MaxFloat32)
	}
	return -math.MaxFloat32
}

// A tokenBias is one entry of Params.LogitBias.
type tokenBias struct {
	id   int32
	bias float32
}

// sortedBias returns m as a list in order of id. Iterating over it is cheaper than
// over a map.
func sortedBias(m map[int32]float32) []tokenBias {
	list := make([]tokenBias, 0, len(m))
	for id, b := range m {
		list = append(list, tokenBias{id, b})
	}
	slices.SortFunc(list, func(a, b tokenBias) int { return cmp.Compare(a.id, b.id) })
	return list
}
