package engine

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// begin calls f in goroutines of their own, with numbers below n, and returns a
// function that waits for them.
func begin(n int, f func(i int)) (wait func()) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	return all.Wait
}

// slow returns a fake of one millisecond a row, for the virtual clock.
func slow() *fake {
	f := newFake()
	f.context, f.cost, f.shallow = 5000, time.Millisecond, true
	return f
}

// bubble runs a test under the virtual clock.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	if runtime.GOOS == "js" {
		t.Skip("the virtual clock and the host's events do not go together")
	}
	synctest.Test(t, test)
}

// inBubble runs a test of an engine of f under the virtual clock.
func inBubble(t *testing.T, f *fake, pages int, o Options, test func(t *testing.T, e *Engine)) {
	t.Helper()
	bubble(t, func(t *testing.T) {
		cache := f.newCache(pages)
		o.Vocab = testVocab
		e := New(f, cache, o)
		defer cache.Close()
		defer e.Close()
		test(t, e)
	})
}

// passesSince returns how many passes have begun since there were n.
func (f *fake) passesSince(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.passes) - n
}

// decode makes n calls of one token, whose consumer takes his time after each,
// and returns the longest that a call took and the most passes that ended
// meanwhile.
func (f *fake) decode(t *testing.T, e *Engine, s *Seq, n int, pause time.Duration) (gap time.Duration, passes int) {
	for i := range n {
		began, had := time.Now(), f.passesSince(0)
		f.forward(t, e, s, ids(i, 1), 1)
		gap, passes = max(gap, time.Since(began)), max(passes, f.passesSince(had))
		time.Sleep(pause)
	}
	return gap, passes
}

// A decoder beside seven prompts of 1,500 tokens waits at most two steps for a
// token, be its consumer quick or slow.
func TestDecoderBesidePrompts(t *testing.T) {
	for name, pause := range map[string]time.Duration{
		"a consumer of no time": 0, "as quick as most": 20 * time.Microsecond, "later than the scheduler waits": 5 * time.Millisecond, "slow": 300 * time.Millisecond,
	} {
		for prompts, most := range map[int]time.Duration{1: 2 * stepTime, 7: 2 * stepTime} {
			t.Run(name, func(t *testing.T) {
				f := slow()
				inBubble(t, f, 0, Options{}, func(t *testing.T, e *Engine) {
					d := e.NewSeq(nil, SeqOptions{})
					f.forward(t, e, d, ids(99, 20), 1)
					f.decode(t, e, d, 10, 0)
					wait := begin(prompts, func(i int) {
						f.forward(t, e, e.NewSeq(nil, SeqOptions{}), ids(i, 1500), 1)
					})
					gap, passes := f.decode(t, e, d, 30, pause)
					if gap > most {
						t.Errorf("beside %d prompts a token took %v, want at most %v", prompts, gap, most)
					}
					if passes > 2 {
						t.Errorf("beside %d prompts a token took %d passes, want at most 2", prompts, passes)
					}
					wait()
				})
			})
		}
	}
}

// A decoder beside prompts whose panel of rows takes most of a step waits no longer
// when they end, all at the same time.
func TestDecoderBesideEnds(t *testing.T) {
	f := slow()
	f.cost = stepTime / 10
	inBubble(t, f, 0, Options{}, func(t *testing.T, e *Engine) {
		d := e.NewSeq(nil, SeqOptions{})
		f.forward(t, e, d, ids(99, 20), 1)
		f.decode(t, e, d, 10, 0)
		var ended atomic.Int32
		wait := begin(7, func(i int) {
			f.forward(t, e, e.NewSeq(nil, SeqOptions{}), ids(i, 150), 1)
			ended.Add(1)
		})
		for ended.Load() < 7 {
			if gap, _ := f.decode(t, e, d, 1, 0); gap > stepTime*3/2 {
				t.Errorf("after %d prompts a token took %v, want at most %v", ended.Load(), gap, stepTime*3/2)
			}
		}
		wait()
	})
}

// A decoder beside prompts on a machine that computes a panel of rows in more than
// two StepTimes waits for half of one, from the first prompt on.
func TestDecoderOfSlowMachine(t *testing.T) {
	f := slow()
	f.cost = stepTime * 3 / 10
	inBubble(t, f, 0, Options{}, func(t *testing.T, e *Engine) {
		d := e.NewSeq(nil, SeqOptions{})
		f.forward(t, e, d, ids(99, 1), 1)
		wait := begin(7, func(i int) { f.forward(t, e, e.NewSeq(nil, SeqOptions{}), ids(i, 150), 1) })
		if gap, _ := f.decode(t, e, d, 100, 0); gap > stepTime*3/2 {
			t.Errorf("a token took %v, want at most %v", gap, stepTime*3/2)
		}
		wait()
	})
}

// A short prompt has its logits within two steps of its arrival, beside one long
// prompt or several.
func TestShortPromptBesideLong(t *testing.T) {
	for long := 1; long <= 3; long++ {
		f := slow()
		inBubble(t, f, 0, Options{}, func(t *testing.T, e *Engine) {
			wait := begin(long, func(i int) { f.forward(t, e, e.NewSeq(nil, SeqOptions{}), ids(i, 2000), 1) })
			time.Sleep(700 * time.Millisecond)
			had := f.passesSince(0)
			f.forward(t, e, e.NewSeq(nil, SeqOptions{}), ids(9, 30), 1)
			if n := f.passesSince(had); n > 2 {
				t.Errorf("beside %d long prompts %d passes, want at most 2", long, n)
			}
			wait()
		})
	}
}

// No prompt starves: not beside shorter ones that never end, not beside those of
// higher priority, not beside calls of 16 rows that fill every step.
func TestNoPromptStarves(t *testing.T) {
	for _, c := range []struct {
		name     string
		others   int
		rows     int
		priority int
	}{
		{"shorter ones", 12, 30, 0},
		{"one of higher priority", 1, 900, 8},
		{"many of higher priority", 12, 60, 8},
		{"decoders", 40, 1, 0},
		{"calls of 16 rows", 40, 16, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := slow()
			inBubble(t, f, 0, Options{}, func(t *testing.T, e *Engine) {
				ctx, stop := context.WithCancel(t.Context())
				wait := begin(c.others, func(i int) {
					for k := 0; ctx.Err() == nil; k++ {
						s := e.NewSeq(nil, SeqOptions{Priority: c.priority, NoPrefix: true})
						_, _ = e.Forward(ctx, s, ids(i+100*k, c.rows), 1)
						s.Close()
					}
				})
				time.Sleep(100 * time.Millisecond)
				had := f.passesSince(0)
				s := e.NewSeq(nil, SeqOptions{})
				f.forward(t, e, s, ids(7777, 160), 1)
				// Ten pieces of 16 rows, each after every other prompt went twice.
				if n, most := f.passesSince(had), 10*(patience*(c.others+1)+c.others+2); n > most {
					t.Errorf("%d passes, want at most %d", n, most)
				}
				stop()
				wait()
			})
		})
	}
}

// Prompts of equal priority that come together end together; one of a higher
// priority, whose rows count less, ends before.
func TestPriority(t *testing.T) {
	for _, c := range []struct {
		priority int
		share    float64 // of the other's rows that are computed by then, at most
	}{{0, 1}, {1, 0.6}, {3, 0.35}} {
		f := slow()
		inBubble(t, f, 0, Options{}, func(t *testing.T, e *Engine) {
			high, low := e.NewSeq(nil, SeqOptions{Priority: c.priority}), e.NewSeq(nil, SeqOptions{})
			wait := begin(1, func(int) { f.forward(t, e, low, ids(1, 1200), 1) })
			f.forward(t, e, high, ids(2, 1200), 1)
			e.mu.Lock()
			done := float64(low.call.computed) / 1200
			e.mu.Unlock()
			if done > c.share || c.priority == 0 && done < 0.7 {
				t.Errorf("priority %d: %.2f of the other were computed, want at most %.2f", c.priority, done, c.share)
			}
			wait()
		})
	}
}

// The scheduler waits for the callers of a pass to come back, but no longer than
// its bound: a consumer that takes his time delays nobody.
func TestLinger(t *testing.T) {
	for _, c := range []struct {
		name   string
		pause  time.Duration
		shared bool
	}{
		{"within", lingerTime / 2, true},
		{"beyond", 3 * lingerTime, false},
		{"never", time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := slow()
			inBubble(t, f, 0, Options{}, func(t *testing.T, e *Engine) {
				quick, late := e.NewSeq(nil, SeqOptions{}), e.NewSeq(nil, SeqOptions{})
				wait := begin(1, func(int) { f.decode(t, e, late, 3, c.pause) })
				gap, _ := f.decode(t, e, quick, 40, 0)
				wait()
				if most := 2*f.cost + 2*lingerTime; gap > 2*most {
					t.Errorf("a token took %v, want at most %v", gap, 2*most)
				}
				f.mu.Lock()
				defer f.mu.Unlock()
				idle := time.Duration(0)
				for i := 1; i < 20; i++ {
					idle = max(idle, f.passes[i].began-f.passes[i-1].ended)
				}
				if idle > lingerTime {
					t.Errorf("the scheduler waited %v, want at most %v", idle, lingerTime)
				}
				shared := slices.ContainsFunc(f.passes[1:], func(p fakePass) bool { return len(p.of) == 2 })
				if c.shared && !shared {
					t.Errorf("no pass was shared")
				}
			})
		})
	}
}

// Who gives up his sequence instead of coming back is not waited for.
func TestLingerEnds(t *testing.T) {
	f := slow()
	inBubble(t, f, 0, Options{}, func(t *testing.T, e *Engine) {
		stay, leave := e.NewSeq(nil, SeqOptions{}), e.NewSeq(nil, SeqOptions{})
		wait := func() {}
		if err := e.Between(t.Context(), func() { // so that both are in the next step
			one := begin(1, func(int) { f.decode(t, e, stay, 2, 0) })
			two := begin(1, func(int) { f.forward(t, e, leave, ids(1, 1), 1); time.Sleep(lingerTime / 4); leave.Close() })
			time.Sleep(time.Microsecond)
			wait = func() { one(); two() }
		}); err != nil {
			t.Error(err)
		}
		wait()
		if p := f.passes; len(p) != 2 || len(p[0].of) != 2 || p[1].began != p[0].ended+lingerTime/4 {
			t.Errorf("passes %+v", p)
		}
	})
}
