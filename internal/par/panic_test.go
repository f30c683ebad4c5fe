package par

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

// bomb is a job that panics with value on worker on, or on all workers if it is
// -1; the others wait until the pool knows of the panic.
type bomb struct {
	pool  *Pool
	on    int
	value any
	after atomic.Int32 // pieces begun once the pool knew
}

func (b *bomb) Do(worker, _, _ int) {
	if b.on == -1 || b.on == worker {
		panic(b.value)
	}
	if b.pool.panicked.Load() != nil {
		b.after.Add(1)
	}
	for b.pool.panicked.Load() == nil {
		runtime.Gosched()
	}
}

// panicOf returns what f panics with.
func panicOf(t *testing.T, f func()) (p *Panic) {
	t.Helper()
	defer func() {
		r := recover()
		var ok bool
		if p, ok = r.(*Panic); !ok {
			t.Fatalf("got a panic with %T %v, want a *Panic", r, r)
		}
	}()
	f()
	return nil
}

// A panic of any participant reaches the caller of Run, once, after all others
// have finished, and the pool can still be used.
func TestPanicReachesTheCaller(t *testing.T) {
	cause := errors.New("cause")
	for _, c := range []struct {
		name              string
		threads, n, guilt int
		value             any
	}{
		{"the caller alone", 1, 8, 0, cause},
		{"the caller, one piece", 4, 1, -1, cause},
		{"the caller among others", 4, 64, 0, cause},
		{"a worker", 4, 64, 3, cause},
		{"all of them", 4, 64, -1, cause},
		{"no error", 2, 64, 1, "text"},
		{"nil", 2, 64, 1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 20 {
				p := New(c.threads) // no worker is benched
				b := &bomb{pool: p, on: c.guilt, value: c.value}
				got := panicOf(t, func() { p.Run(c.n, 1, b) })
				if err, ok := c.value.(error); ok && !errors.Is(got, err) {
					t.Errorf("the panic holds %v, want %v", got.Value, err)
				}
				if text, ok := c.value.(string); ok && got.Value != text {
					t.Errorf("the panic holds %v, want %q", got.Value, text)
				}
				if !strings.Contains(string(got.Stack), "(*bomb).Do") {
					t.Errorf("the stack does not show the job:\n%s", got.Stack)
				}
				// Every other participant may have been about to begin one.
				if n := int(b.after.Load()); n >= c.threads {
					t.Errorf("%d pieces begun after the panic, want %d at most", n, c.threads-1)
				}
				again := newCount(33, 4, c.threads)
				p.Run(33, 4, again)
				again.check(t)
				p.Close()
			}
		})
	}
	t.Run("no pool", func(t *testing.T) {
		got := panicOf(t, func() { (*Pool)(nil).Run(4, 1, &bomb{value: cause}) })
		if !errors.Is(got, cause) {
			t.Errorf("got %v, want %v", got, cause)
		}
	})
}

// A Panic says what happened and where. One that passes through two pools is
// that of the first.
func TestPanicText(t *testing.T) {
	inner := newPanic(fmt.Errorf("cause"))
	if outer := newPanic(inner); outer != inner {
		t.Errorf("a Panic became %v", outer)
	}
	if s := inner.Error(); !strings.HasPrefix(s, "cause\n") || !strings.Contains(s, "TestPanicText") {
		t.Errorf("Error: %q, want the value and the stack", s)
	}
	if (&Panic{Value: "text"}).Unwrap() != nil {
		t.Error("a text was unwrapped")
	}
}

// A Call gives its error, or raises its panic, where Wait is called.
func TestGo(t *testing.T) {
	cause := errors.New("cause")
	if err := Go(func() error { return cause }).Wait(); err != cause {
		t.Errorf("got %v, want %v", err, cause)
	}
	if err := Go(func() error { return nil }).Wait(); err != nil {
		t.Error(err)
	}
	c := Go(func() error { panic(cause) })
	<-c.Done()
	if got := panicOf(t, func() { _ = c.Wait() }); !errors.Is(got, cause) {
		t.Errorf("got %v, want %v", got, cause)
	}
}
