package engine

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Under js everything runs in one thread: a deadline fires all the same, within
// a step, though the model never lets go of it.
func TestDeadlineFires(t *testing.T) {
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
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
	t.Error("ten seconds have passed")
}
