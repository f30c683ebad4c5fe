package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
)

// reserve finds memory for the shares of a step. A call for which there is none
// waits, or fails if it can never fit.
func (e *Engine) reserve() {
	p := &e.pass
	for i := range p.shares {
		sh := &p.shares[i]
		s := sh.s
		if p.reserved = i; sh.rows == 0 {
			continue // it was preempted for another share
		}
		if !s.o.NoPrefix && !s.call.anew && s.need() > shortRows {
			s.stats.Cached += e.resume(s)
		}
		sh.rows = min(sh.rows, s.need(), s.kv.Limit())
		if from := e.m.LongFrom(); from > 0 && !s.long {
			sh.rows = min(sh.rows, from-s.kv.Len())
		}
		sh.rows = s.together(sh.rows)
		err := s.kv.Extend(sh.rows)
		for errors.Is(err, kvcache.ErrFull) && e.preempt(s) {
			err = s.kv.Extend(sh.rows)
		}
		if err == nil {
			continue
		}
		sh.rows = 0
		e.refuse(s, err)
	}
	p.shares = slices.DeleteFunc(p.shares, func(sh share) bool { return sh.rows == 0 })
}

// refuse makes a call without memory wait, or ends it.
func (e *Engine) refuse(s *Seq, err error) {
	switch full := errors.Is(err, kvcache.ErrFull); {
	case full && e.holders(s):
		e.metrics.Starved++ // until others release memory
		s.call.starved = true
	case full && !s.call.anew:
		// It fits alone, but not beside the shared prefix, which cannot be evicted.
		s.call.anew = true
		s.kv.Rewind(0)
	case full:
		e.fail(s, e.noRoom(len(s.ids)))
	default:
		e.fail(s, err)
	}
}

// resume takes the tokens of s that others have computed meanwhile from the prefix
// tree and returns how many.
func (e *Engine) resume(s *Seq) int {
	had := s.kv.Len()
	if most := min(s.wanted(), len(s.ids)-1); most > had {
		return s.kv.Resume(s.ids[:most]) - had
	}
	return 0
}

// noRoom is the error of a call that needs more than the whole cache.
func (e *Engine) noRoom(tokens int) error {
	return fmt.Errorf("%d tokens need %d bytes of cache, there are %d: %w", tokens, e.cache.Bytes(tokens), e.budget, llama.ErrContextFull)
}

// fail ends a waiting call.
func (e *Engine) fail(s *Seq, err error) {
	e.unwait(s)
	s.call.state = ready
	s.undo()
	s.finish(err)
}

// preempt releases the cache of one sequence for another: the least recently used
// idle one; else the youngest of the lowest priority among those that the other
// outranks, which may already be in the step. Its tokens are computed again later.
// It reports whether there was one.
func (e *Engine) preempt(asks *Seq) bool {
	var victim *Seq
	now := time.Now()
	for s := range e.seqs {
		idle := e.idleFor(s, now)
		if s == asks || !e.holds(s) || !idle && !asks.outranks(s) {
			continue
		}
		if victim == nil || s.loses(idle, victim, e.idleFor(victim, now)) {
			victim = s
		}
	}
	if victim == nil {
		return e.revoke()
	}
	victim.kv.Rewind(0)
	for i := range e.pass.shares {
		if sh := &e.pass.shares[i]; sh.s == victim {
			sh.rows = 0
		}
	}
	e.metrics.Preempted++
	return true
}

// idleFor reports whether s has had no call for so long that its caller is
// unlikely to call again at once.
func (e *Engine) idleFor(s *Seq, now time.Time) bool {
	return s.call.state == ready && now.Sub(s.call.ended) > patience*e.o.StepTime
}

// outranks reports whether s may preempt o.
func (s *Seq) outranks(o *Seq) bool {
	if s.o.Priority != o.o.Priority {
		return s.o.Priority > o.o.Priority
	}
	return s.born < o.born
}

// loses reports whether s is preempted before o.
func (s *Seq) loses(idle bool, o *Seq, oIdle bool) bool {
	switch {
	case idle != oIdle:
		return idle
	case idle:
		return s.seen < o.seen
	}
	return o.outranks(s)
}

// holds reports whether s has cache memory, for its tokens or its share of the step.
func (e *Engine) holds(s *Seq) bool {
	if s.kv.Len() > 0 {
		return true
	}
	for _, sh := range e.pass.shares[:e.pass.reserved] {
		if sh.s == s && sh.rows > 0 {
			return true
		}
	}
	return false
}

// holders reports whether sequences other than s hold memory that they may release.
func (e *Engine) holders(s *Seq) bool {
	if e.loads > 0 {
		return true
	}
	for o := range e.seqs {
		if o != s && e.holds(o) {
			return true
		}
	}
	return false
}
