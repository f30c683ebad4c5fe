package engine

import "time"

// yieldTime is how often the host's event loop gets its turn: as often as it
// draws.
const yieldTime = 16 * time.Millisecond

var lastYield time.Time

// yield lets the host's event loop run, which is where timers and everything a
// page does come from. It runs only while all goroutines sleep.
func (e *Engine) yield() {
	if now := time.Now(); now.Sub(lastYield) > yieldTime {
		e.mu.Unlock()
		time.Sleep(time.Microsecond)
		e.mu.Lock()
		lastYield = time.Now()
	}
}
