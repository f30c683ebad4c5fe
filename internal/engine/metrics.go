package engine

import (
	"time"

	"github.com/querent-ai/chord/internal/kvcache"
)

// Metrics are figures of an engine since it began.
type Metrics struct {
	Calls     int64         // of Forward
	Steps     int64         // forward passes
	Rows      int64         // computed
	Time      time.Duration // of the passes
	Failed    int64         // passes that gave an error or were stopped
	Cancelled int64         // calls whose context was done
	Busy      int64         // calls that were refused
	Preempted int64         // sequences whose cache others got
	Starved   int64         // times that a call found no memory in a step
	Panics    int64         // of OnStep, which is not called after its first

	Waiting   int           // calls now
	Sequences int           // now
	PerRow    time.Duration // of a row in a step that many share
	Cache     kvcache.Stats
}

// Metrics returns the figures of now.
func (e *Engine) Metrics() Metrics {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.metrics
	m.Waiting, m.Sequences, m.PerRow = len(e.waiting), len(e.seqs), e.perRow
	m.Cache = e.cache.Stats()
	return m
}

// A Step is one forward pass.
type Step struct {
	Rows      int // tokens computed
	Sequences int // they are of
	Waiting   int // calls that were not through after it
	Time      time.Duration
}

// report tells OnStep of a step, in place of one that it has not been told of.
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

// tell calls f for every step until there are no more, or f panics.
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
