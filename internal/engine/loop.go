package engine

import "time"

// idleTime is the time without calls after which free memory returns to the
// system.
const idleTime = time.Second

// After a pass the scheduler waits for the next calls of its callers, for at most
// lingerTime or 1/lingerShare of the time of the pass, whichever is longer. Callers
// sample in about 20 µs; a late one joins the next pass.
const (
	lingerTime  = 100 * time.Microsecond
	lingerShare = 50
)

// schedule is the loop of the scheduler.
func (e *Engine) schedule() {
	defer close(e.ended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.await(timer) {
		e.runTasks()
		if e.closed || len(e.waiting) == 0 {
			continue
		}
		took, ok := e.step()
		if ok {
			e.idle.Broadcast()
			e.linger(timer, took)
		} else if len(e.waiting) > 0 {
			e.rest(timer)
		}
		e.yield()
	}
	if e.steps != nil {
		close(e.steps)
	}
	e.outs, e.pass = nil, pass{} // a reference to a closed engine keeps no logits
}

// await waits for work. It returns false when the engine is closed. e.mu is held,
// but not while it waits.
func (e *Engine) await(timer *time.Timer) bool {
	for trimmed := false; !e.closed && len(e.waiting) == 0 && len(e.tasks) == 0; {
		e.mu.Unlock()
		if trimmed {
			<-e.wake
		} else {
			timer.Reset(idleTime)
			select {
			case <-e.wake:
			case <-timer.C:
				e.cache.Trim()
				trimmed = true
			}
		}
		e.mu.Lock()
	}
	return !e.closed
}

// linger waits a little for the callers of the last pass, which took the given time.
func (e *Engine) linger(timer *time.Timer, took time.Duration) {
	if e.expect <= 0 {
		return
	}
	timer.Reset(max(lingerTime, took/lingerShare))
	for late := false; e.expect > 0 && !late && !e.closed; {
		e.mu.Unlock()
		select {
		case <-e.wake:
		case <-timer.C:
			late = true
		}
		e.mu.Lock()
	}
	for _, s := range e.pass.seqs { // late callers are not waited for again
		s.returned()
	}
}

// rest waits for a change, at most StepTime, when no waiting call can get memory.
func (e *Engine) rest(timer *time.Timer) {
	timer.Reset(e.o.StepTime)
	e.mu.Unlock()
	select {
	case <-e.wake:
	case <-timer.C:
	}
	e.mu.Lock()
}
