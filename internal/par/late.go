package par

import (
	"runtime"
	"time"
)

// Beside a busy process, the system takes a worker's core away for some
// milliseconds at a time, often in the middle of a piece, and the caller waits
// for that piece. Where that takes longer than the work itself, the pool is
// faster without the worker: it is benched, for as long as that keeps happening.

const (
	// lateTime is longer than any piece takes that is not interrupted.
	lateTime = time.Millisecond
	// benchMin and benchMax bound how long a worker is benched. The first time is
	// short, since the disturbance may be over; a worker that is late again is
	// benched for twice as long.
	benchMin = 4 * time.Millisecond
	benchMax = 128 * time.Millisecond
	// calmTime is how long a worker must be on time before a delay counts as the
	// first again: a few time slices of the system's scheduler.
	calmTime = 16 * time.Millisecond
)

// A bench says until when a worker is left out of runs, and for how long in all.
type bench struct {
	until time.Time
	time  time.Duration
}

// unbench lets workers take part again whose time is over.
func (p *Pool) unbench(now time.Time) {
	if p.away == 0 {
		return
	}
	for i := range p.benches {
		if p.benched[i].Load() && !now.Before(p.benches[i].until) {
			p.benched[i].Store(false)
			p.away--
		}
	}
}

// join returns when all pieces of the run that began at began are done. It
// benches the workers that it waits for longer than the run had taken before.
func (p *Pool) join(began time.Time) {
	var since time.Time
	for {
		for range spinLoads {
			if p.done.Load() == int64(p.pieces) {
				return
			}
		}
		now := time.Now()
		if since.IsZero() {
			since = now
		}
		waited := now.Sub(since)
		if waited > max(lateTime, since.Sub(began)) {
			p.benchLate(now)
		}
		runtime.Gosched()
	}
}

// benchLate benches the workers that are busy.
func (p *Pool) benchLate(now time.Time) {
	for i := 1; i < len(p.benches); i++ {
		if p.benched[i].Load() || !p.shares[i].busy.Load() {
			continue
		}
		r := &p.benches[i]
		if now.Sub(r.until) > max(calmTime, 2*r.time) {
			r.time = 0
		}
		r.time = min(max(2*r.time, benchMin), benchMax)
		r.until = now.Add(r.time)
		p.benched[i].Store(true)
		p.away++
	}
}
