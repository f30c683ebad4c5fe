package engine

import (
	"sync"
	"syscall/js"
	"time"
)

// yieldTime is how often the host's event loop gets its turn: as often as it
// draws.
const yieldTime = 16 * time.Millisecond

// turns is told after each turn of the event loop that was asked for.
var turns = make(chan struct{}, 1)

// askTurn asks the host for an event, which is told to turns. The function is
// made once. setTimeout would do, but browsers make it wait 4 ms.
var askTurn = sync.OnceValue(func() func() {
	told := js.FuncOf(func(js.Value, []js.Value) any {
		turns <- struct{}{}
		return nil
	})
	if immediate := js.Global().Get("setImmediate"); immediate.Type() == js.TypeFunction {
		return func() { immediate.Invoke(told) }
	}
	channel := js.Global().Get("MessageChannel").New()
	channel.Get("port1").Set("onmessage", told)
	port := channel.Get("port2")
	return func() { port.Call("postMessage", 0) }
})

// yields is when the event loop had its turn last, and whose turn it is to ask.
var yields struct {
	sync.Mutex
	last time.Time
}

// yield lets the host's event loop run, which is where everything that a page
// does comes from. It runs only while all goroutines wait: a sleep would often be
// over before the callers of the last pass do.
func (e *Engine) yield() {
	if yields.Lock(); time.Since(yields.last) > yieldTime {
		e.mu.Unlock()
		askTurn()()
		<-turns
		yields.last = time.Now()
		yields.Unlock()
		e.mu.Lock()
		return
	}
	yields.Unlock()
}
