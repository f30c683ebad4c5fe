// Package engine runs one model for many callers, and is the only way to its
// logits.
//
// A caller's goroutine samples and calls Forward for the next logits; calls made
// at the same time share a forward pass. A goroutine for each model, the
// scheduler (loop.go), takes steps: it chooses rows (schedule.go), finds cache
// memory for them (memory.go), runs the model and hands out the results (step.go).
// The load decides when a row is computed, and never changes its result.
package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/internal/kvdisk"
	"github.com/querent-ai/chord/llama"
)

// A Model computes batches; it is *llama.Model, or a fake in tests.
type Model interface {
	// Forward extends the cache of every sequence of the batch and commits it, or
	// discards it after an error.
	Forward(ctx context.Context, batch []llama.Token, out *llama.Output) error
	// Context returns the most tokens of a sequence.
	Context() int
	// LongFrom returns the length from which sequences are computed as long ones,
	// from their beginning; 0: never. See [llama.Token.Long].
	LongFrom() int
}

// Options say how an engine runs.
type Options struct {
	StepTime time.Duration // target time of a step while others wait; 0: 40 ms
	MaxQueue int           // prompts that may wait; 0: 256
	Vocab    int           // number of token ids
	Whole    bool          // texts are computed whole, as encoders need
	OnStep   func(Step)    // called after steps, by its own goroutine; a slow one misses steps
	// Passed, if not nil, is called after every pass whose rows all have logits, and
	// must return at once.
	Passed func(rows int, took time.Duration)
	Disk   *kvdisk.Store // of the cache; nil: none. It outlives the engine
}

const (
	stepTime = 40 * time.Millisecond
	maxQueue = 256
)

// An Engine runs one model for any number of callers.
type Engine struct {
	m     Model
	cache *kvcache.Cache
	o     Options

	budget int64 // of the cache; 0: none

	wake    chan struct{} // something has changed
	ended   chan struct{} // closed when the scheduler has returned
	closing chan struct{} // closed by Close
	steps   chan Step     // the latest step, for OnStep

	mu      sync.Mutex
	idle    sync.Cond // a step has ended
	closed  bool
	waiting []*Seq // with a call that waits for a step
	tasks   []*task
	seqs    map[*Seq]struct{}
	loads   int                  // sequences that get their cache from the disk
	imports map[*Import]struct{} // that no Seq has ended
	births  int64                // sequences created
	ticks   int64                // calls made
	expect  int                  // sequences of the last pass that have not called again
	clock   float64
	perRow  time.Duration // time of a row in a shared pass; 0: not known yet
	pass    pass
	outs    []*output // free
	lent    int       // outputs in use
	metrics Metrics
}

// New returns an engine and starts its scheduler. Close it before the cache and
// the model.
func New(m Model, cache *kvcache.Cache, o Options) *Engine {
	if o.StepTime == 0 {
		o.StepTime = stepTime
	}
	if o.MaxQueue == 0 {
		o.MaxQueue = maxQueue
	}
	e := &Engine{
		m: m, cache: cache, o: o, budget: cache.Stats().Budget,
		wake: make(chan struct{}, 1), ended: make(chan struct{}), seqs: map[*Seq]struct{}{}, imports: map[*Import]struct{}{},
		closing: make(chan struct{}),
	}
	e.idle.L = &e.mu
	if o.OnStep != nil {
		e.steps = make(chan Step, 1)
		go e.tell(o.OnStep)
	}
	go e.schedule()
	return e
}

// signal tells the scheduler that something has changed.
func (e *Engine) signal() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Forward appends ids to s and returns the logits after the last want of them, or
// their vectors if s was made with Embed. The rows are on loan until the next call
// on s.
//
// It returns at once when ctx is done; after any error s is as it was. The error
// is ctx.Err(), wraps [llama.ErrContextFull] or [llama.ErrClosed], is a
// [*BusyError] or the model's, or names an id outside the vocabulary.
func (e *Engine) Forward(ctx context.Context, s *Seq, ids []int32, want int) (Rows, error) {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	if err := e.check(s, ids, want); err != nil {
		return Rows{}, err
	}
	if err := ctx.Err(); err != nil {
		return Rows{}, err
	}
	if err := e.enqueue(ctx, s, ids, want); err != nil {
		return Rows{}, err
	}
	select {
	case <-s.call.done:
	case <-ctx.Done():
		if e.abandon(s) {
			return Rows{}, ctx.Err()
		}
		<-s.call.done
	}
	return Rows{s.rows}, s.call.err
}

// check returns an error if a call is invalid.
func (e *Engine) check(s *Seq, ids []int32, want int) error {
	if len(ids) == 0 {
		return errors.New("no tokens")
	}
	if want < 0 || want > len(ids) {
		panic("engine: Forward: more rows wanted than there are tokens")
	}
	if s.o.split(ids) {
		panic("engine: Forward: a picture that is not whole")
	}
	for _, id := range ids {
		if (id < 0 || int(id) >= e.o.Vocab) && s.o.picture(id) == nil {
			return fmt.Errorf("token %d: the vocabulary has %d", id, e.o.Vocab)
		}
	}
	return nil
}

// Close ends the scheduler and every call, in any state, with an error that wraps
// [llama.ErrClosed]. Later calls return the same error.
func (e *Engine) Close() {
	e.mu.Lock()
	if !e.closed {
		e.closed = true
		close(e.closing)
		for _, s := range e.waiting {
			s.call.state = ready
			s.undo()
			s.finish(llama.ErrClosed)
		}
		e.waiting = nil
		for _, s := range e.pass.seqs {
			if s.call.state == running {
				s.leave()
				s.finish(llama.ErrClosed)
			}
		}
		e.pass.abort()
	}
	for e.loads > 0 {
		e.idle.Wait()
	}
	e.mu.Unlock()
	e.signal()
	<-e.ended
}
