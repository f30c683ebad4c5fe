package par

import (
	"runtime"
	"time"
)

// Beside a busy process, the system takes a worker's core away for some
// milliseconds at a time, often in the middle of a piece, and the caller waits
// for that piece. Where that takes longer than the work itself, the pool is
// faster without the worker: it rests, for as long as that keeps happening.

const (
	// lateTime is more than a piece takes that nobody interrupts.
	lateTime = time.Millisecond
	// restMin and restMax bound a worker's rest. The first is short, since the
	// disturbance may be over; each that follows at once is twice as long.
	restMin = 4 * time.Millisecond
	restMax = 128 * time.Millisecond
	// calmTime is how long a worker works at least before a delay counts as the
	// first again: some turns of a system that shares a core out.
	calmTime = 16 * time.Millisecond
)

// A rest says until when a worker stays away and how long that is in all.
type rest struct {
	until time.Time
	time  time.Duration
}

// rouse ends the rests that are over.
func (p *Pool) rouse(now time.Time) {
	if p.atRest == 0 {
		return
	}
	for i := range p.rests {
		if p.resting[i].Load() && !now.Before(p.rests[i].until) {
			p.resting[i].Store(false)
			p.atRest--
		}
	}
}

// join returns when all pieces of the run that began then are done. Whom it
// waits for longer than the run had taken before is sent to rest.
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
			p.dismiss(now)
		}
		runtime.Gosched()
	}
}

// dismiss sends the workers to rest that are busy now.
func (p *Pool) dismiss(now time.Time) {
	for i := 1; i < len(p.rests); i++ {
		if p.resting[i].Load() || !p.shares[i].busy.Load() {
			continue
		}
		r := &p.rests[i]
		if now.Sub(r.until) > max(calmTime, 2*r.time) {
			r.time = 0
		}
		r.time = min(max(2*r.time, restMin), restMax)
		r.until = now.Add(r.time)
		p.resting[i].Store(true)
		p.atRest++
	}
}
