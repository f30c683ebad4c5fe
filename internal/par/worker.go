package par

import (
	"runtime"
	"runtime/debug"
	"time"
)

// spinTime is how long a worker polls for new work before it parks: longer than
// the gaps within one token, and too short to matter for an idle machine.
const spinTime = 200 * time.Microsecond

// spinLoads is the number of polls between two yields to the scheduler.
const spinLoads = 1000

// work is the loop of worker id; seen is the last run that it knows.
func (p *Pool) work(id int, seen uint32) {
	defer p.workers.Done()
	debug.SetPanicOnFault(true) // a mapped file may be cut short: Run tells the caller
	for {
		p.await(id, seen)
		seen = p.runs.Load() // before closed: Close counts as a run, which a worker must not miss
		if p.closed.Load() {
			return
		}
		p.drain(id)
	}
}

// await returns when there is a run after seen and worker id is not benched. It
// spins, then parks.
func (p *Pool) await(id int, seen uint32) {
	var since time.Time
	for !p.benched[id].Load() {
		for range spinLoads {
			if p.runs.Load() != seen {
				return
			}
		}
		if since.IsZero() {
			since = time.Now()
		} else if time.Since(since) > spinTime {
			break
		}
		runtime.Gosched()
	}
	p.park(id, seen)
}

// park blocks until the next alarm for worker id.
func (p *Pool) park(id int, seen uint32) {
	p.parked[id].Store(true)
	if p.runs.Load() != seen && !p.benched[id].Load() && p.parked[id].CompareAndSwap(true, false) {
		return // the alarm came first and did not see parked
	}
	<-p.wake[id]
}
