package engine

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/querent-ai/chord/internal/leak"
	"github.com/querent-ai/chord/llama"
)

func TestMain(m *testing.M) {
	leak.Main(m)
}

// A scene brings a call on s into a state, which takes at least the time after.
type scene struct {
	name   string
	state  state
	after  time.Duration
	pages  int // of the cache
	rows   int // of the call
	others func(t *testing.T, f *fake, e *Engine, stop context.Context)
}

// busyPrompt reads prompts until stop is done.
func busyPrompt(_ *testing.T, _ *fake, e *Engine, stop context.Context) {
	for i := 0; stop.Err() == nil; i++ {
		s := e.NewSeq(nil, SeqOptions{NoPrefix: true})
		_, err := e.Forward(stop, s, ids(i, 4000), 1)
		s.Close()
		if errors.Is(err, llama.ErrClosed) {
			return
		}
	}
}

// busyDecode generates until stop is done. It has come first and so keeps its
// memory.
func busyDecode(t *testing.T, f *fake, e *Engine, stop context.Context) {
	s := e.NewSeq(nil, SeqOptions{NoPrefix: true, Priority: 1})
	defer s.Close()
	f.forward(t, e, s, ids(1, 200), 1)
	for i := 0; stop.Err() == nil; i++ {
		if _, err := e.Forward(stop, s, ids(i, 1), 1); err != nil {
			return
		}
		s.Rewind(200)
	}
}

var scenes = []scene{
	{name: "queued", state: waiting, after: 0, rows: 1, others: busyPrompt},
	{name: "prompt alone", state: running, after: 600 * time.Millisecond, rows: 1500},
	{name: "prompt beside another", state: running, after: 310 * time.Millisecond, rows: 1500, others: busyPrompt},
	{name: "prompt whose turn it is not", state: waiting, after: 330 * time.Millisecond, rows: 1500, others: busyPrompt},
	{name: "prompt beside a decoder", state: running, after: 310 * time.Millisecond, rows: 1500, others: busyDecode},
	{name: "decode alone", state: running, after: 500 * time.Microsecond, rows: 1},
	{name: "decode beside a prompt", state: running, after: 50 * time.Millisecond, rows: 1, others: busyPrompt},
	{name: "no memory", state: waiting, after: 100 * time.Millisecond, rows: 100, pages: 32, others: busyDecode},
}

// run plays a scene: act is called while the call is in its state, and returns
// when the call must have ended.
func (c scene) run(t *testing.T, act func(e *Engine, s *Seq, cancel func()) error) {
	f := slow()
	bubble(t, func(t *testing.T) {
		cache := f.newCache(c.pages)
		e := New(f, cache, Options{Vocab: testVocab})
		defer cache.Close()
		defer e.Close()
		stop, end := context.WithCancel(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		s := e.NewSeq(nil, SeqOptions{NoPrefix: true})
		f.forward(t, e, s, ids(5, 20), 1)
		wait := func() {}
		if c.others != nil {
			wait = begin(1, func(int) { c.others(t, f, e, stop) })
		}
		time.Sleep(507 * time.Millisecond) // the others are in the middle of it
		before := slices.Clone(s.Tokens())
		var err error
		var ended time.Time
		call := begin(1, func(int) {
			_, err = e.Forward(ctx, s, ids(6, c.rows), 1)
			ended = time.Now()
		})
		time.Sleep(c.after)
		c.wait(t, e, s)
		began := time.Now()
		want := act(e, s, cancel)
		call()
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		if d := ended.Sub(began); d > 0 {
			t.Errorf("the call ended after %v", d)
		}
		if !slices.Equal(s.Tokens(), before) {
			t.Errorf("%d tokens afterwards, want the %d there were", s.Len(), len(before))
		}
		end()
		if !s.closed && !e.closed {
			f.forward(t, e, s, ids(7, 30), 30)
			s.Close()
		}
		wait()
		cancel()
		time.Sleep(time.Second)
		if m := e.Metrics(); !e.closed && (m.Cache.Used != 0 || m.Sequences != 0) {
			t.Errorf("%d sequences and %d bytes of cache in use afterwards", m.Sequences, m.Cache.Used)
		}
	})
}

// wait waits until the call is in the state that the scene is about.
func (c scene) wait(t *testing.T, e *Engine, s *Seq) {
	t.Helper()
	for range 1000 {
		synctest.Wait()
		e.mu.Lock()
		there := s.call.state == c.state && (c.pages == 0 || s.call.starved)
		e.mu.Unlock()
		if there {
			return
		}
		time.Sleep(time.Millisecond / 2)
	}
	t.Fatalf("the call is in state %d, want %d", s.call.state, c.state)
}

// A call whose context is done ends at once, whatever it is doing, and its
// sequence is as it was.
func TestCancel(t *testing.T) {
	for _, c := range scenes {
		t.Run(c.name, func(t *testing.T) {
			c.run(t, func(_ *Engine, _ *Seq, cancel func()) error {
				cancel()
				return context.Canceled
			})
		})
	}
}

// After a call that was cancelled, a sequence can be closed without waiting for
// the pass that still works on it.
func TestCancelThenClose(t *testing.T) {
	for _, c := range scenes {
		t.Run(c.name, func(t *testing.T) {
			c.run(t, func(e *Engine, s *Seq, cancel func()) error {
				cancel()
				synctest.Wait()
				began := time.Now()
				s.Close()
				s.Close()
				if d := time.Since(began); d > 0 {
					t.Errorf("Close took %v", d)
				}
				if _, err := e.Forward(context.Background(), s, ids(6, 1), 1); !errors.Is(err, llama.ErrClosed) {
					t.Errorf("a call afterwards: %v", err)
				}
				return context.Canceled
			})
		})
	}
}

// Close ends every call at once, whatever it is doing, and those that follow.
func TestClose(t *testing.T) {
	for _, c := range scenes {
		t.Run(c.name, func(t *testing.T) {
			c.run(t, func(e *Engine, s *Seq, _ func()) error {
				began := time.Now()
				e.Close()
				if d := time.Since(began); d > 0 {
					t.Errorf("Close took %v", d)
				}
				return llama.ErrClosed
			})
		})
	}
}

// Calls on an engine that is closed are errors or harmless.
func TestAfterClose(t *testing.T) {
	f := newFake()
	e := f.start(t, 0, Options{})
	s := e.NewSeq(nil, SeqOptions{})
	f.forward(t, e, s, ids(1, 20), 1)
	e.Close()
	e.cache.Close()
	if _, err := e.Forward(t.Context(), s, ids(1, 1), 1); !errors.Is(err, llama.ErrClosed) {
		t.Errorf("Forward: %v", err)
	}
	if err := e.Between(t.Context(), func() { t.Error("it ran") }); !errors.Is(err, llama.ErrClosed) {
		t.Errorf("Between: %v", err)
	}
	s.Rewind(10)
	s.Keep()
	two := s.Fork()
	e.NewSeq(ids(1, 20), SeqOptions{}).Close()
	s.Close()
	two.Close()
	e.Close()
	e.Metrics()
}

// A pass that nobody waits for any more ends: the next caller need not wait.
func TestCancelEndsPass(t *testing.T) {
	f := slow()
	f.cost = time.Second
	inBubble(t, f, 0, Options{}, func(t *testing.T, e *Engine) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		wait := begin(2, func(i int) {
			s := e.NewSeq(nil, SeqOptions{})
			if _, err := e.Forward(ctx, s, ids(i, 200), 1); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
		wait()
		began := time.Now()
		f.forward(t, e, e.NewSeq(nil, SeqOptions{}), ids(1, 1), 1)
		if d := time.Since(began); d != f.cost {
			t.Errorf("the next call took %v", d)
		}
	})
}

// A call on a sequence whose pass still goes on waits for that, but not longer
// than its context says.
func TestCancelAgain(t *testing.T) {
	f := slow()
	f.cost = time.Second
	inBubble(t, f, 0, Options{}, func(t *testing.T, e *Engine) {
		s, other := e.NewSeq(nil, SeqOptions{}), e.NewSeq(nil, SeqOptions{})
		wait := func() {}
		if err := e.Between(t.Context(), func() { // so that both are in the next step
			first := begin(1, func(int) { f.forward(t, e, other, ids(1, 10), 1) })
			second := begin(1, func(int) {
				for _, ms := range []time.Duration{100, 50, 200} {
					ctx, cancel := context.WithTimeout(t.Context(), ms*time.Millisecond)
					began := time.Now()
					if _, err := e.Forward(ctx, s, ids(2, 3), 1); !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("got %v", err)
					}
					if d := time.Since(began); d != ms*time.Millisecond {
						t.Errorf("a call that had %v took %v", ms*time.Millisecond, d)
					}
					cancel()
				}
				f.forward(t, e, s, ids(2, 3), 3)
			})
			time.Sleep(time.Microsecond)
			wait = func() { first(); second() }
		}); err != nil {
			t.Error(err)
		}
		wait()
		f.forward(t, e, other, ids(1, 1), 1)
	})
}
