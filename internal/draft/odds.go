package draft

import (
	"sync"
	"time"
)

// An Odds is how often proposals of each class were right. [History.Begin] makes it
// ready. It serves one goroutine.
type Odds struct {
	now   [classes]tries // old ones count less
	tried [classes]tries
}

// A tries counts tries.
type tries struct{ right, all float64 }

const (
	memory = 24 // tries that count, about
	belief = 4  // tries that other texts count for in the beginning
	slow   = 64 // tries that count in History

	costAtFirst = 0.2 // before it is measured
	markAtFirst = 0.1 // the same of copies of states
	costPasses  = 64  // that count for it
)

// guesses are the shares that are right before anything is known.
var guesses = [classes]float64{
	Resumed: 0.3, Matched: 0.25, Matched + 1: 0.4, Matched + 2: 0.55, Matched + 3: 0.7, Matched + 4: 0.8,
	Pooled: 0.3, Pooled + 1: 0.5, Pooled + 2: 0.7, Forced: 0.9,
	Model: 0.1, Model + 1: 0.2, Model + 2: 0.35, Model + 3: 0.45, Model + 4: 0.55, Model + 5: 0.65, Model + 6: 0.75, Model + 7: 0.9, All: 0.6,
}

// Saw records whether a proposal of class c was right.
func (o *Odds) Saw(c Class, right bool) {
	t := &o.now[c]
	t.right *= 1 - 1.0/memory
	t.all *= 1 - 1.0/memory
	if t.all++; right {
		t.right++
	}
	o.tried[c].all++
	if right {
		o.tried[c].right++
	}
}

// Right returns the probability that a proposal of class c is right.
func (o *Odds) Right(c Class) float64 { return o.now[c].right / o.now[c].all }

// A History is the odds of all texts of a model, and what drafts cost. The zero value is
// ready to use. It is safe for concurrent use.
type History struct {
	mu    sync.Mutex
	right [classes]float64
	begun bool
	cost  expense // of a pass of the draft model
	mark  expense // of a copy of the recurrent states
}

// An expense is a mean time, relative to a pass of one row of the model.
type expense struct {
	cost float64
	n    int // times that count
}

// took adds a time. A single one counts for little: an estimate that is now too low and
// now too high makes drafts when it is too low.
func (e *expense) took(t, unit time.Duration) {
	if unit > 0 {
		e.n = min(e.n+1, costPasses)
		e.cost += (min(t.Seconds()/unit.Seconds(), 1) - e.cost) / float64(e.n)
	}
}

// or returns the mean, or guess if there is none.
func (e *expense) or(guess float64) float64 {
	if e.n == 0 {
		return guess
	}
	return e.cost
}

// Begin sets o to the odds of a new text.
func (h *History) Begin(o *Odds) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin()
	*o = Odds{}
	for c, right := range h.right {
		o.now[c] = tries{belief * right, belief}
	}
}

func (h *History) begin() {
	if !h.begun {
		h.right, h.begun = guesses, true
	}
}

// End adds what a text has taught.
func (h *History) End(o *Odds) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin()
	for c, t := range o.tried {
		if t.all > 0 {
			h.right[c] += (t.right/t.all - h.right[c]) * t.all / (t.all + slow)
		}
	}
}

// Cost returns the time of a pass of the draft model, relative to a pass of one row.
func (h *History) Cost() float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.cost.or(costAtFirst)
}

// Took records the time of a pass of the draft model while a pass of one row takes unit.
func (h *History) Took(t, unit time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cost.took(t, unit)
}

// MarkCost returns the time of a copy of the recurrent states, relative to a pass of one
// row.
func (h *History) MarkCost() float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mark.or(markAtFirst)
}

// Marked records the time of such a copy while a pass of one row takes unit.
func (h *History) Marked(t, unit time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mark.took(t, unit)
}
