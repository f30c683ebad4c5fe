// Package par is a pool of workers. Each first does its own part of the work,
// then takes pieces of the others' parts; the caller is one of them.
//
// Channels and wait groups cost as much as the jobs of one token (25 µs against
// 20 to 100 µs), so workers spin for a short while between jobs and only then
// park.
package par

import (
	"context"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A Job is work over a range of items that can be done in any order.
type Job interface {
	// Do handles items [lo, hi). worker is below [Pool.Threads] and no two
	// calls at the same time share it.
	Do(worker, lo, hi int)
}

// A share is the part of a run that one participant starts with. The next piece
// and the end are in one word, so that one compare-and-swap claims a piece, and
// only of the current run.
type share struct {
	word atomic.Uint64 // next<<32 | end
	busy atomic.Bool   // the participant has claimed a piece and has not finished
	_    [48]byte      // a cache line each
}

// claim takes the next piece of s.
func (s *share) claim() (piece int, ok bool) {
	for {
		w := s.word.Load()
		next, end := w>>32, w&0xffffffff
		if next >= end {
			return 0, false
		}
		if s.word.CompareAndSwap(w, w+1<<32) {
			return int(next), true
		}
	}
}

// A Pool runs jobs on a fixed number of threads, the caller's among them.
// The nil Pool runs everything on the caller's.
type Pool struct {
	mu     sync.Mutex
	shares []share

	// The current run. Written before the shares are filled, read only after a
	// piece has been claimed.
	job     Job
	n, step int
	pieces  int
	ctx     context.Context // see Watch

	panicked atomic.Pointer[Panic] // the run's first, or nil

	_    [64]byte
	done atomic.Int64 // pieces finished
	_    [56]byte
	runs atomic.Uint32 // counts up with every run and with Close

	closed  atomic.Bool
	parked  []atomic.Bool
	wake    []chan struct{}
	workers sync.WaitGroup

	benched []atomic.Bool // workers that are left out of runs; written under mu
	benches []bench
	away    int // how many are benched
}

// New returns a pool of the given number of threads; 0 means [Cores].
// It must be closed.
func New(threads int) *Pool {
	if threads <= 0 {
		threads = Cores()
	}
	p := &Pool{
		shares: make([]share, threads),
		parked: make([]atomic.Bool, threads),
		wake:   make([]chan struct{}, threads),

		benched: make([]atomic.Bool, threads),
		benches: make([]bench, threads),
	}
	for i := 1; i < threads; i++ {
		p.wake[i] = make(chan struct{}, 1)
		p.workers.Add(1)
		go p.work(i, p.runs.Load())
	}
	return p
}

// Threads returns how many threads work, the caller's among them.
func (p *Pool) Threads() int {
	if p == nil {
		return 1
	}
	return len(p.shares)
}

// Close ends the workers. There must be no current or later Run.
func (p *Pool) Close() {
	if p == nil || p.closed.Swap(true) {
		return
	}
	for i := range p.benched {
		p.benched[i].Store(false)
	}
	p.alarm()
	p.workers.Wait()
}

// Run calls job.Do on disjoint pieces of [0, n), each of at most step items,
// and returns when all are done. Runs of several goroutines follow each other;
// a job must not call Run of its own pool. Nothing is allocated.
//
// If a piece panics, pieces that have not begun are left out, and Run panics
// with a [*Panic] in the caller's goroutine once all others have ended. A memory
// fault in a piece is such a panic too ([runtime/debug.SetPanicOnFault]).
func (p *Pool) Run(n, step int, job Job) {
	if n <= 0 {
		return
	}
	step = max(step, 1)
	if p == nil {
		defer raise(debug.SetPanicOnFault(true))
		for lo := 0; lo < n; lo += step {
			job.Do(0, lo, min(lo+step, n))
		}
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.shares) == 1 || n <= step {
		p.inline(n, step, job)
		return
	}
	began := time.Now()
	p.unbench(began)
	if p.away == len(p.shares)-1 {
		p.inline(n, step, job)
		return
	}
	p.start(n, step, job)
	old := debug.SetPanicOnFault(true)
	p.drain(0)
	debug.SetPanicOnFault(old)
	p.join(began)
	p.job = nil
	if f := p.panicked.Swap(nil); f != nil {
		panic(f)
	}
}

// Watch lets ctx stop the runs that follow, until Watch is called again: once
// ctx is done, pieces that have not begun are left out, and what a run was to
// compute is incomplete. Watch must not be called during a run.
func (p *Pool) Watch(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ctx = ctx
}

// do handles one piece, unless the context is done or a piece has panicked.
func (p *Pool) do(id, piece int) {
	if p.panicked.Load() == nil && (p.ctx == nil || p.ctx.Err() == nil) {
		lo := piece * p.step
		p.job.Do(id, lo, min(lo+p.step, p.n))
	}
}

// inline does all pieces on the caller's thread.
func (p *Pool) inline(n, step int, job Job) {
	defer raise(debug.SetPanicOnFault(true))
	p.job, p.n, p.step = job, n, step
	for piece := range (n + step - 1) / step {
		p.do(0, piece)
	}
	p.job = nil
}

// start publishes a run: each participant that is not benched gets a contiguous
// share.
func (p *Pool) start(n, step int, job Job) {
	p.job, p.n, p.step = job, n, step
	p.pieces = (n + step - 1) / step
	p.done.Store(0)
	t, k := len(p.shares)-p.away, 0
	for i := range p.shares {
		if p.benched[i].Load() {
			p.shares[i].word.Store(0)
			continue
		}
		lo, hi := uint64(k*p.pieces/t), uint64((k+1)*p.pieces/t)
		p.shares[i].word.Store(lo<<32 | hi)
		k++
	}
	p.alarm()
}

// alarm tells spinning and parked workers, except those that are benched, that
// there is a new run or that the pool is closed.
func (p *Pool) alarm() {
	p.runs.Add(1)
	for i := 1; i < len(p.shares); i++ {
		if !p.benched[i].Load() && p.parked[i].Load() && p.parked[i].CompareAndSwap(true, false) {
			p.wake[i] <- struct{}{}
		}
	}
}
