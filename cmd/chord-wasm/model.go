//go:build js && wasm

package main

import (
	"context"
	"errors"
	"syscall/js"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
)

// newModel is a model as JavaScript has it.
func newModel(m *chord.Model) (any, error) {
	info, err := encode(m.Info())
	if err != nil {
		return nil, err
	}
	var functions []js.Func
	function := func(f func(args []js.Value) (any, error)) js.Func {
		functions = append(functions, async(f))
		return functions[len(functions)-1]
	}
	close := func([]js.Value) (any, error) {
		return nil, m.Close() // whoever calls a function of a closed model gets ErrClosed
	}
	return map[string]any{
		"info":     info,
		"generate": function(func(args []js.Value) (any, error) { return generate(m, args) }),
		"chat":     function(func(args []js.Value) (any, error) { return chat(m, args) }),
		"tokenize": function(func(args []js.Value) (any, error) { return tokenize(m, args) }),
		"close":    function(close),
	}, nil
}

// withDeadline is parameters and how many milliseconds their call has.
type withDeadline[P any] struct {
	Params   P       `json:"params"`
	Deadline float64 `json:"deadline"`
}

// generate is model.generate.
func generate(m *chord.Model, args []js.Value) (any, error) {
	if arg(args, 0).Type() != js.TypeString {
		return nil, errInvalid{errors.New("prompt: no string")}
	}
	var p withDeadline[chord.Params]
	if err := decode("params", arg(args, 1), &p); err != nil {
		return nil, err
	}
	c := newCall(p.Deadline, arg(args, 2), arg(args, 3))
	defer c.end()
	for t, err := range m.Generate(c.ctx, args[0].String(), p.Params) {
		if err := c.step(err, t); err != nil {
			return nil, err
		}
		if t.Result != nil {
			return encode(t.Result)
		}
	}
	return nil, errors.New("a text without an end")
}

// chat is model.chat.
func chat(m *chord.Model, args []js.Value) (any, error) {
	var messages []chord.Message
	if err := decode("messages", arg(args, 0), &messages); err != nil {
		return nil, err
	}
	var p withDeadline[chord.ChatParams]
	if err := decode("params", arg(args, 1), &p); err != nil {
		return nil, err
	}
	c := newCall(p.Deadline, arg(args, 2), arg(args, 3))
	defer c.end()
	for d, err := range m.Chat(c.ctx, messages, p.Params) {
		if err := c.step(err, d); err != nil {
			return nil, err
		}
		if d.Result != nil {
			return encode(d.Result)
		}
	}
	return nil, errors.New("an answer without an end")
}

// tokenize is model.tokenize: the ids of a text, as JSON.
func tokenize(m *chord.Model, args []js.Value) (any, error) {
	if arg(args, 0).Type() != js.TypeString {
		return nil, errInvalid{errors.New("text: no string")}
	}
	return encode(m.Tokenizer().Encode(nil, args[0].String(), bpe.EncodeOptions{}))
}

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

// newCall starts the watch over a call.
func newCall(deadline float64, onStep, abort js.Value) *callState {
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
	return c
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
		c.onStep.Invoke(text)
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
