package engine

import (
	"time"

	"github.com/querent-ai/chord/internal/kvcache"
)

// Metrics are the figures of an engine since New.
type Metrics struct {
	Calls     int64         // of Forward
	Steps     int64         // forward passes
	Rows      int64         // computed
	Time      time.Duration // of the passes
	Failed    int64         // passes with an error, or stopped
	Cancelled int64         // calls whose context was done
	Busy      int64         // calls that were refused
	Preempted int64         // sequences that lost their cache to others
	Starved   int64         // times a call found no memory in a step
	Panics    int64         // of OnStep; after the first it is not called any more

	Waiting   int           // calls now
	Queued    int           // of them, prompts that wait for their first row
	Sequences int           // now
	PerRow    time.Duration // time of a row in a shared pass
	Cache     kvcache.Stats
}

// Metrics returns the current figures.
func (e *Engine) Metrics() Metrics {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.metrics
	m.Waiting, m.Queued, m.Sequences, m.PerRow = len(e.waiting), e.queued(), len(e.seqs), e.perRow
	m.Cache = e.cache.Stats()
	return m
}

// A Step is one forward pass.
type Step struct {
	Rows      int // tokens computed
	Sequences int // with rows in it
	Waiting   int // calls not complete after it
	Time      time.Duration
}

// report passes a step to OnStep, in place of one it has not seen yet.
func (e *Engine) report(s Step) {
	if e.steps == nil {
		return
	}
	select {
	case <-e.steps:
	default:
	}
	e.steps <- s
}

// tell calls f for every step until the engine is closed or f panics.
func (e *Engine) tell(f func(Step)) {
	defer func() {
		if recover() != nil {
			e.mu.Lock()
			e.metrics.Panics++
			e.mu.Unlock()
		}
	}()
	for s := range e.steps {
		f(s)
	}
}
