package sample

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/querent-ai/chord/simd"
)

var negInf32 = float32(math.Inf(-1))

// A candidate is a token that may still be picked.
type candidate struct {
	id    int32
	logit float32
	prob  float32 // set by softmax
	key   float32 // the heap's order
}

// Candidates are the tokens that a [Stage] may keep, change or remove.
//
// They begin as the logits of the whole vocabulary, which nobody copies: stages
// that change single logits record edits, and the first stage that needs a list
// makes one, without the tokens whose logit is -Inf or NaN.
type Candidates struct {
	x      []float32 // (vocab,): the caller's logits
	edits  []candidate
	edited []int32 // (vocab,): 1 + index in edits, 0 without an edit
	dense  bool    // no list yet: x and edits
	list   []candidate
	sorted bool // list is best first
	end    ended
	temp   float32 // that the logits are still to be divided by

	rng    rand.PCG
	count  []int32   // (vocab,): scratch of a stage, all zero between stages
	probs  []float32 // scratch of softmax
	maxima []float32 // scratch of best: the highest logit of each block
}

// ended says why a chain need not go on.
type ended int

const (
	ongoing ended = iota
	none          // no token is left
	forced        // the one that is left has logit +Inf
)

// reset begins with the logits of another token.
func (c *Candidates) reset(logits []float32) {
	for _, e := range c.edits {
		c.edited[e.id] = 0
	}
	c.x, c.edits, c.list = logits, c.edits[:0], c.list[:0]
	c.dense, c.sorted, c.end, c.temp = true, false, ongoing, 1
}

// Len returns the number of candidates, which is 0 if all logits are -Inf or NaN.
func (c *Candidates) Len() int {
	c.all()
	return len(c.list)
}

// At returns candidate i of Len, its id and its logit. The order is that of the
// ids or, after some stages, of the logits.
func (c *Candidates) At(i int) (id int32, logit float32) {
	c.all()
	return c.list[i].id, c.list[i].logit
}

// Update replaces each candidate's logit by what f returns. -Inf and NaN remove
// the candidate, +Inf makes it the only one.
func (c *Candidates) Update(f func(id int32, logit float32) float32) {
	c.all()
	for i := range c.list {
		c.list[i].logit = f(c.list[i].id, c.list[i].logit)
	}
	c.list = slices.DeleteFunc(c.list, func(k candidate) bool { return !(k.logit >= -math.MaxFloat32) })
	c.sorted = false
	c.settle()
}

// Random returns the next random number of the sequence, uniform in [0, 1), of
// 53 bits.
func (c *Candidates) Random() float64 { return float64(c.rng.Uint64()>>11) / (1 << 53) }

// logit returns the logit of id, which is below the size of the vocabulary.
func (c *Candidates) logit(id int32) float32 {
	if len(c.edits) > 0 && c.edited[id] != 0 {
		return c.edits[c.edited[id]-1].logit
	}
	return c.x[id]
}

// set records a logit of id. There must be no list yet.
func (c *Candidates) set(id int32, logit float32) {
	if logit != logit {
		logit = negInf32
	}
	if len(c.edited) < len(c.x) {
		c.edited = append(c.edited, make([]int32, len(c.x)-len(c.edited))...)
	}
	if at := c.edited[id]; at != 0 {
		c.edits[at-1].logit = logit
		return
	}
	c.edits = append(c.edits, candidate{id: id, logit: logit})
	c.edited[id] = int32(len(c.edits))
}

// counts returns scratch with one zero for each token of the vocabulary.
func (c *Candidates) counts() []int32 {
	if len(c.count) < len(c.x) {
		c.count = make([]int32, len(c.x))
	}
	return c.count
}

// all makes the list if there is none: all tokens in the order of their ids.
func (c *Candidates) all() {
	if !c.dense {
		return
	}
	c.list = slices.Grow(c.list[:0], len(c.x))
	for i, v := range c.x {
		if len(c.edits) > 0 && c.edited[i] != 0 {
			v = c.edits[c.edited[i]-1].logit
		}
		if v >= -math.MaxFloat32 {
			c.list = append(c.list, candidate{id: int32(i), logit: v, key: v})
		}
	}
	c.dense, c.sorted = false, false
	c.settle()
}

// above makes the list of all tokens whose logits are above t, in the order of
// their ids. Most logits need one comparison, made by [simd.Above].
func (c *Candidates) above(t float32) {
	c.list = c.list[:0]
	for i := 0; i < len(c.x); i++ {
		i += simd.Above(c.x[i:min(i+aboveMax, len(c.x))], t)
		if i < len(c.x) && c.x[i] > t && (len(c.edits) == 0 || c.edited[i] == 0) {
			c.list = append(c.list, candidate{id: int32(i), logit: c.x[i], key: c.x[i]})
		}
	}
	if len(c.edits) > 0 {
		for _, e := range c.edits {
			if e.logit > t {
				c.list = append(c.list, candidate{id: e.id, logit: e.logit, key: e.logit})
			}
		}
		slices.SortFunc(c.list, func(a, b candidate) int { return cmp.Compare(a.id, b.id) })
	}
	c.dense, c.sorted = false, false
	c.settle()
}

// aboveMax is the most logits of one call of simd.Above. Nothing can interrupt
// the call, which takes some microseconds.
const aboveMax = 1 << 16

// settle ends the chain if the list is empty or has +Inf, of which it then keeps
// the lowest id.
func (c *Candidates) settle() {
	if len(c.list) == 0 {
		c.end = none
		return
	}
	if best := c.top(); best.logit > math.MaxFloat32 {
		c.list = append(c.list[:0], *best)
		c.end = forced
	}
}

// top returns the best candidate of the list.
func (c *Candidates) top() *candidate {
	best := &c.list[0]
	if c.sorted {
		return best
	}
	for i := range c.list {
		if k := &c.list[i]; k.logit > best.logit || k.logit == best.logit && k.id < best.id {
			best = k
		}
	}
	return best
}

// softmax sets every candidate's prob to exp((logit − highest)/temp) over the sum
// of all. Since it subtracts before it divides, no temperature overflows.
func (c *Candidates) softmax(temp float32) {
	top := c.top().logit
	c.probs = c.probs[:0]
	for i := range c.list {
		c.probs = append(c.probs, (c.list[i].logit-top)/temp)
	}
	c.normalise()
}

// normalise sets every candidate's prob to the softmax of c.probs.
func (c *Candidates) normalise() {
	simd.Softmax(c.probs)
	for i, p := range c.probs {
		c.list[i].prob = p
	}
}
