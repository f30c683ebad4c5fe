//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"
	"time"
)

// look is how often a call looks whether it is to end.
const look = 5 * time.Millisecond

// A callState is a call that is going on.
type callState struct {
	ctx     context.Context
	cancel  context.CancelFunc
	onStep  js.Value
	abort   js.Value
	channel js.Value // of messages that a thread sends itself
	tick    chan struct{}
	ticks   js.Func
	stop    chan struct{}
}

// newCall starts the watch over a call. It errs if abort is no array of numbers.
func newCall(deadline float64, onStep, abort js.Value) (*callState, error) {
	if !none(abort) && (!abort.InstanceOf(js.Global().Get("Int32Array")) || abort.Length() == 0) {
		return nil, errInvalid{errors.New("abort: no Int32Array of an element")}
	}
	c := &callState{onStep: onStep, abort: abort, tick: make(chan struct{}, 1), stop: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	if deadline > 0 {
		c.ctx, c.cancel = context.WithTimeout(context.Background(), time.Duration(deadline*float64(time.Millisecond)))
	}
	c.ticks = js.FuncOf(func(js.Value, []js.Value) any { c.tick <- struct{}{}; return nil })
	c.channel = js.Global().Get("MessageChannel").New()
	c.channel.Get("port1").Set("onmessage", c.ticks)
	if !none(abort) {
		go c.watch()
	}
	return c, nil
}

// watch ends the call when abort says so, during a long prompt, too.
func (c *callState) watch() {
	t := time.NewTicker(look)
	defer t.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-t.C:
			if c.aborted() {
				c.cancel()
				return
			}
		}
	}
}

// aborted reports whether abort is set.
func (c *callState) aborted() bool { return !none(c.abort) && c.abort.Index(0).Int() != 0 }

// step passes a step's result on, lets tasks of this thread run, and returns the
// error that ends the call.
func (c *callState) step(err error, v any) error {
	if err != nil {
		return err
	}
	if !none(c.onStep) {
		text, err := encode(v)
		if err != nil {
			return err
		}
		if err := try(func() error { c.onStep.Invoke(text); return nil }); err != nil {
			return fmt.Errorf("callback: %w", err)
		}
	}
	c.channel.Get("port2").Call("postMessage", 0)
	<-c.tick
	if c.aborted() {
		return context.Canceled
	}
	return nil
}

// end ends the watch.
func (c *callState) end() {
	c.cancel()
	close(c.stop)
	c.channel.Get("port1").Call("close")
	c.ticks.Release()
}
