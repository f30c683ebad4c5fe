package simd

import (
	"context"

	"github.com/querent-ai/chord/internal/par"
)

// A Job is work over a range of items that can be done in any order.
type Job interface {
	// Do handles items [lo, hi). worker is below [Pool.Threads], and no two
	// calls at the same time have the same, so it can index what each thread
	// keeps for itself.
	Do(worker, lo, hi int)
}

// A Pool runs jobs on a fixed number of threads, the caller's among them. The
// nil Pool and the zero Pool run everything on the caller's thread. Any
// goroutine may use a Pool; runs of several follow each other.
//
// Threads that find nothing to do spin for a short while, because the next
// product of a forward pass mostly follows within microseconds, and then sleep.
type Pool struct {
	threads *par.Pool // nil: the caller's alone
}

// NewPool returns a pool of the given number of threads; 0 and less mean as
// many as the process may use cores, by its CPU affinity and its container's
// quota. It must be closed.
func NewPool(threads int) *Pool { return &Pool{par.New(threads)} }

// inner returns the pool's threads, for a nil p too.
func (p *Pool) inner() *par.Pool {
	if p == nil {
		return nil
	}
	return p.threads
}

// Threads returns how many threads work, the caller's among them, at least 1.
func (p *Pool) Threads() int { return p.inner().Threads() }

// Close ends the threads and returns when they have ended. No Run may be going
// on or follow; another Close does nothing.
func (p *Pool) Close() { p.inner().Close() }

// Run calls job.Do on disjoint pieces of [0, n), each of at most step items (at
// least 1), and returns when all are done; without items it does nothing. A job
// must not call Run of its own pool, which would wait for itself. Nothing is
// allocated.
func (p *Pool) Run(n, step int, job Job) { p.inner().Run(n, step, job) }

// Watch lets ctx stop the runs that follow, products among them, until Watch is
// called again: once ctx is done, pieces that have not begun are left out, and
// what a run was to compute is worthless, so the caller must look at ctx
// afterwards. Not to be called during a run. It panics on the nil and the zero
// Pool, which keep no context.
func (p *Pool) Watch(ctx context.Context) {
	if p.inner() == nil {
		panic("simd: Pool.Watch: a pool without threads of its own cannot be watched")
	}
	p.threads.Watch(ctx)
}
