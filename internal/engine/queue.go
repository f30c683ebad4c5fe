package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/querent-ai/chord/llama"
)

// ErrBusy is the kind of error that a [*BusyError] is.
var ErrBusy = errors.New("busy")

// A BusyError says that too many prompts are waiting.
type BusyError struct {
	Queued     int           // prompts waiting
	RetryAfter time.Duration // when there may be room
}

// Error describes the error.
func (e *BusyError) Error() string {
	return fmt.Sprintf("%d prompts are waiting: try again in %v", e.Queued, e.RetryAfter)
}

// Is reports whether target is [ErrBusy].
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

// enqueue makes the call wait for a step.
func (e *Engine) enqueue(ctx context.Context, s *Seq, ids []int32, want int) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := s.settleWithin(ctx); err != nil {
		return err
	}
	if err := e.admit(s, len(s.ids)+len(ids), len(ids)); err != nil {
		return err
	}
	s.release()
	s.returned()
	c := &s.call
	c.from, c.want, c.err = len(s.ids), want, nil
	c.computed, c.skipped, c.anew = 0, 0, false
	c.begun, c.state = time.Now(), waiting
	c.first = time.Time{}
	c.clock = e.clock
	s.ids = append(s.ids, ids...)
	s.seen = e.ticks
	e.ticks++
	e.metrics.Calls++
	e.waiting = append(e.waiting, s)
	e.signal()
	return nil
}

// admit returns an error if a call that makes s n tokens long, some of them new,
// must be refused.
func (e *Engine) admit(s *Seq, n, some int) error {
	switch {
	case e.closed || s.closed:
		return fmt.Errorf("chord: %w", llama.ErrClosed)
	case n > e.m.Context():
		return fmt.Errorf("chord: %d tokens, the context has %d: %w", n, e.m.Context(), llama.ErrContextFull)
	case e.budget > 0 && e.cache.Bytes(n) > e.budget:
		return fmt.Errorf("chord: %w", e.noRoom(n))
	case some > shortRows || n == some:
		if k := e.queued(); k >= e.o.MaxQueue {
			e.metrics.Busy++
			return &BusyError{k, e.retryAfter()}
		}
	}
	return nil
}

// queued returns the number of prompts that wait for their first row.
func (e *Engine) queued() int {
	n := 0
	for _, s := range e.waiting {
		if s.call.computed == 0 && (s.need() > shortRows || s.call.from == 0) {
			n++
		}
	}
	return n
}

// retryAfter estimates how long the waiting prompts will take.
func (e *Engine) retryAfter() time.Duration {
	rows := 0
	for _, s := range e.waiting {
		rows += s.need()
	}
	return max(time.Duration(rows)*e.perRow, e.o.StepTime)
}

// abandon ends the call of s after its context is done. It reports false if the
// call has already ended.
func (e *Engine) abandon(s *Seq) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := &s.call
	switch c.state {
	case waiting:
		e.unwait(s)
		c.state = ready
		s.undo()
	case running:
		s.leave()
		if e.pass.callers--; e.pass.callers == 0 {
			e.pass.abort()
		}
	default:
		return false
	}
	e.metrics.Cancelled++
	return true
}

// unwait removes s from the waiting sequences.
func (e *Engine) unwait(s *Seq) {
	for i, o := range e.waiting {
		if o == s {
			e.waiting = append(e.waiting[:i], e.waiting[i+1:]...)
			return
		}
	}
}
