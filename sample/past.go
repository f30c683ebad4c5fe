package sample

// maxPast is how many of the last tokens [Sampler.Rewind] can take back.
const maxPast = 1024

// A past has the states before the last tokens, at least maxPast of them.
type past[T any] []T

// push notes the state before the next token.
func (p *past[T]) push(state T) {
	if len(*p) == 2*maxPast {
		*p = (*p)[:copy(*p, (*p)[maxPast:])]
	}
	*p = append(*p, state)
}

// back returns the state before the last n tokens and forgets what came after it, ok
// false if there were no tokens.
func (p *past[T]) back(n int) (state T, ok bool) {
	k := max(len(*p)-n, 0)
	if k == len(*p) {
		return state, false
	}
	state = (*p)[k]
	*p = (*p)[:k]
	return state, true
}

// A noter keeps its state before every token that is sampled.
type noter interface{ note() }

// A rewinder takes the last n tokens back.
type rewinder interface{ Rewind(n int) }

// Rewind takes back the last n tokens that were sampled and accepted, at most 1024.
// The random numbers go on. A Stage of the caller's that has a method Rewind(n int) is
// told.
func (s *Sampler) Rewind(n int) {
	if n < 0 || n > maxPast || n > s.sampled {
		panic("sample: Rewind: more tokens than were sampled")
	}
	s.sampled -= n
	for _, stage := range s.chain {
		if r, ok := stage.(rewinder); ok {
			r.Rewind(n)
		}
	}
	if r, ok := s.picker.(rewinder); ok {
		r.Rewind(n)
	}
}

// Rewind drops the last n tokens.
func (h *history) Rewind(n int) { h.ids = h.ids[:max(len(h.ids)-n, 0)] }

// Rewind restores the limit before the last n tokens.
func (t *target) Rewind(n int) {
	if mu, ok := t.before.back(n); ok {
		t.mu = mu
	}
}

// Rewind restores the mean before the last n tokens.
func (a *adaptiveP) Rewind(n int) {
	if state, ok := a.before.back(n); ok {
		a.sum, a.weight = state[0], state[1]
	}
	a.id = -1
}
