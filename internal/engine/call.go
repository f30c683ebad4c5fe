package engine

import (
	"context"
	"fmt"
	"time"
)

// A state is the progress of a call.
type state uint8

const (
	ready   state = iota // no call
	waiting              // for a step
	running              // in a pass
	gone                 // in a pass, but its caller has returned
)

// A call is one Forward.
type call struct {
	state    state
	from     int  // tokens before the call
	want     int  // rows, of the last tokens
	computed int  // rows so far
	skipped  int  // steps in which others went first
	starved  bool // there was no memory for it in this step
	anew     bool // it takes nothing from the prefix tree
	clock    float64
	begun    time.Time
	first    time.Time     // of the first step
	ended    time.Time     // end of the previous call
	done     chan struct{} // one element when the call has ended
	err      error
}

// settle waits until no pass has rows of an abandoned call. e.mu is held, as it is
// for all methods below.
func (s *Seq) settle() {
	for s.call.state == gone {
		s.e.idle.Wait()
	}
	if s.call.state != ready {
		panic("chord: two calls on one sequence at the same time")
	}
}

// settleWithin does the same, but returns an error once ctx is done.
func (s *Seq) settleWithin(ctx context.Context) error {
	if s.call.state == gone {
		defer context.AfterFunc(ctx, func() {
			s.e.mu.Lock()
			defer s.e.mu.Unlock()
			s.e.idle.Broadcast()
		})()
	}
	for s.call.state == gone && !s.closed {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.e.idle.Wait()
	}
	if !s.closed {
		s.settle()
	}
	return nil
}

// need returns how many rows are left to compute.
func (s *Seq) need() int { return len(s.ids) - s.kv.Len() }

// wanted returns the position of the first token whose row the caller wants.
func (s *Seq) wanted() int { return len(s.ids) - s.call.want + len(s.rows) }

// follow shortens kv to the tokens of s.
func (s *Seq) follow() {
	if s.kv.Len() > len(s.ids) {
		s.kv.Rewind(len(s.ids))
	}
}

// undo restores s as it was before the call.
func (s *Seq) undo() {
	s.cut(s.call.from)
	s.release()
}

// leave restores s, which is in a pass, as it was before the call, except kv,
// which the pass is using; settled does that after the pass.
func (s *Seq) leave() {
	s.call.state = gone
	s.ids = s.ids[:s.call.from]
	s.release()
}

// settled completes leave after the pass.
func (s *Seq) settled() {
	s.call.state = ready
	if s.closed {
		s.drop()
		return
	}
	s.follow()
}

// finish ends the call and wakes its caller.
func (s *Seq) finish(err error) {
	if err != nil {
		err = fmt.Errorf("chord: %w", err)
	}
	s.call.err = err
	s.call.ended = time.Now()
	s.call.done <- struct{}{}
}

// returned tells the scheduler not to expect the caller any more.
func (s *Seq) returned() {
	if s.back {
		s.back = false
		s.e.expect--
		s.e.signal()
	}
}
