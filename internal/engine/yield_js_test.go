package engine

import (
	"context"
	"errors"
	"syscall/js"
	"testing"
	"time"
)

// Under js everything runs in one thread: a deadline and the host's events come
// all the same, though the model never lets go of it.
func TestEventsCome(t *testing.T) {
	events := 0
	event := js.FuncOf(func(js.Value, []js.Value) any { events++; return nil })
	defer event.Release()
	js.Global().Call("setTimeout", event, 10)
	f := newFake()
	f.context = 1 << 20
	f.before = func(context.Context) error { // a pass of a millisecond
		for began := time.Now(); time.Since(began) < time.Millisecond; {
		}
		return nil
	}
	e := f.start(t, 0, Options{StepTime: 5 * time.Millisecond})
	s := e.NewSeq(nil, SeqOptions{})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	for i := range 10_000 {
		_, err := e.Forward(ctx, s, ids(i, 1), 1)
		if errors.Is(err, context.DeadlineExceeded) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if ctx.Err() == nil {
		t.Error("ten seconds have passed")
	}
	if events != 1 {
		t.Errorf("%d events", events)
	}
}
