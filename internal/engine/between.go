package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/querent-ai/chord/llama"
)

// A task is a function that runs between two steps.
type task struct {
	f        func()
	done     chan struct{}
	panicked any
}

// Between runs f between two steps, when nothing is being computed, on the
// scheduler's goroutine. A panic in f is raised in the caller's. f has not run,
// and will not, if Between returns an error: ctx.Err(), or one that wraps
// [llama.ErrClosed].
func (e *Engine) Between(ctx context.Context, f func()) error {
	t := &task{f: f, done: make(chan struct{})}
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return fmt.Errorf("chord: %w", llama.ErrClosed)
	}
	e.tasks = append(e.tasks, t)
	e.signal()
	e.mu.Unlock()
	select {
	case <-t.done:
	case <-ctx.Done():
		if e.forget(t) {
			return ctx.Err()
		}
		<-t.done
	case <-e.ended:
		if e.forget(t) {
			return fmt.Errorf("chord: %w", llama.ErrClosed)
		}
	}
	if t.panicked != nil {
		panic(t.panicked)
	}
	return nil
}

// forget removes t from the waiting tasks. It reports false if t has begun.
func (e *Engine) forget(t *task) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.Index(e.tasks, t)
	if i < 0 {
		return false
	}
	e.tasks = slices.Delete(e.tasks, i, i+1)
	return true
}

// runTasks runs the waiting tasks. e.mu is held, but not while they run.
func (e *Engine) runTasks() {
	for len(e.tasks) > 0 && !e.closed {
		t := e.tasks[0]
		e.tasks = slices.Delete(e.tasks, 0, 1)
		e.mu.Unlock()
		t.run()
		e.mu.Lock()
	}
}

// run runs t.
func (t *task) run() {
	defer close(t.done)
	defer func() { t.panicked = recover() }()
	t.f()
}
