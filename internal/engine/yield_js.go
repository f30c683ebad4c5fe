package engine

import (
	"sync"
	"syscall/js"
	"time"
)

// yieldTime is the interval at which the host's event loop runs: about a frame.
const yieldTime = 16 * time.Millisecond

// turns receives a value after each requested turn of the event loop.
var turns = make(chan struct{}, 1)

// askTurn asks the host for an event, which sends to turns. The function is made
// once. setTimeout would do, but browsers delay it by 4 ms.
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

// yields holds when the event loop last ran.
var yields struct {
	sync.Mutex
	last time.Time
}

// yield lets the host's event loop run, which drives everything that a page does.
// The loop runs only while all goroutines wait, so a short sleep is not enough.
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
