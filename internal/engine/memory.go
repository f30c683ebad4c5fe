package engine

import (
	"errors"
	"fmt"

	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
)

// reserve finds memory for the shares of a step. Calls for which there is none
// wait, or fail if there never will be any.
func (e *Engine) reserve() {
	p := &e.pass
	kept := p.shares[:0]
	for _, sh := range p.shares {
		s := sh.s
		if !s.o.NoPrefix && s.need() > shortRows {
			s.stats.Cached += e.resume(s)
		}
		sh.rows = min(sh.rows, s.need(), s.kv.Limit())
		if from := e.m.LongFrom(); from > 0 && !s.long {
			sh.rows = min(sh.rows, from-s.kv.Len())
		}
		err := s.kv.Extend(sh.rows)
		for errors.Is(err, kvcache.ErrFull) && e.preempt(s, kept) {
			err = s.kv.Extend(sh.rows)
		}
		switch {
		case err == nil:
			kept = append(kept, sh)
		case errors.Is(err, kvcache.ErrFull) && (len(kept) > 0 || e.holders(s)):
			e.metrics.Starved++ // until others give memory back
		default:
			e.fail(s, e.noRoom(s, err))
		}
	}
	clear(p.shares[len(kept):])
	p.shares = kept
}

// resume takes what others have computed of the tokens of s meanwhile and
// returns how many.
func (e *Engine) resume(s *Seq) int {
	had := s.kv.Len()
	if most := min(s.wanted(), len(s.ids)-1); most > had {
		return s.kv.Resume(s.ids[:most]) - had
	}
	return 0
}

// noRoom is the error of a call that the cache has no room for.
func (e *Engine) noRoom(s *Seq, err error) error {
	if errors.Is(err, kvcache.ErrFull) {
		return fmt.Errorf("%d tokens need %d bytes of cache, there are %d: %w",
			len(s.ids), e.cache.Bytes(len(s.ids)), e.cache.Stats().Budget, llama.ErrContextFull)
	}
	return err
}

// fail ends a waiting call.
func (e *Engine) fail(s *Seq, err error) {
	e.unwait(s)
	s.call.state = ready
	s.undo()
	s.finish(err)
}

// preempt takes the cache from a sequence for another: one without a call, the
// one whose last is longest ago; else that of the lowest priority, the youngest.
// What it loses is computed again when it is its turn. It reports whether there
// was one, other than those in the step.
func (e *Engine) preempt(asks *Seq, step []share) bool {
	var victim *Seq
	for s := range e.seqs {
		if s == asks || s.kv.Len() == 0 || s.call.state != ready && s.call.state != waiting || inStep(s, step) {
			continue
		}
		if s.call.state == waiting && !asks.outranks(s) {
			continue
		}
		if victim == nil || s.before(victim) {
			victim = s
		}
	}
	if victim == nil {
		return false
	}
	victim.kv.Rewind(0)
	e.metrics.Preempted++
	return true
}

// outranks reports whether s may take the cache of o, which waits too.
func (s *Seq) outranks(o *Seq) bool {
	if s.o.Priority != o.o.Priority {
		return s.o.Priority > o.o.Priority
	}
	return s.born < o.born
}

// before reports whether s loses its cache before o does.
func (s *Seq) before(o *Seq) bool {
	if idle := s.call.state == ready; idle != (o.call.state == ready) {
		return idle
	} else if idle {
		return s.seen < o.seen
	}
	return o.outranks(s)
}

// inStep reports whether s is among shares.
func inStep(s *Seq, step []share) bool {
	for _, sh := range step {
		if sh.s == s {
			return true
		}
	}
	return false
}

// holders reports whether others than s hold memory that they may give back.
func (e *Engine) holders(s *Seq) bool {
	for o := range e.seqs {
		if o != s && o.kv.Len() > 0 {
			return true
		}
	}
	return false
}
