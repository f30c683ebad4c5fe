package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	loadCallers = 32
	loadContext = 160
)

// A loadCaller does what callers do, in any order, and compares every row with
// that of a run by itself.
type loadCaller struct {
	f    *fake
	e    *Engine
	rng  *rand.Rand
	seqs []*Seq
	text []int32 // what it writes mostly: others write the same
	done *atomic.Int64
}

// step does one thing.
func (c *loadCaller) step() error {
	if len(c.seqs) == 0 {
		c.open()
		return nil
	}
	i := c.rng.IntN(len(c.seqs))
	s := c.seqs[i]
	switch k := c.rng.IntN(20); {
	case k == 0 && len(c.seqs) < 3:
		c.open()
	case k == 1 && len(c.seqs) < 3:
		c.seqs = append(c.seqs, s.Fork())
	case k == 2:
		s.Rewind(c.rng.IntN(s.Len() + 1))
	case k == 3:
		s.Keep()
	case k == 4 || s.Len() > loadContext-2:
		s.Close()
		c.seqs = slices.Delete(c.seqs, i, i+1)
	default:
		return c.call(s)
	}
	return nil
}

// open begins a sequence as others have begun theirs.
func (c *loadCaller) open() {
	n := c.rng.IntN(100)
	c.seqs = append(c.seqs, c.e.NewSeq(c.text[:n], SeqOptions{
		Priority: c.rng.IntN(3), Embed: c.rng.IntN(6) == 0, NoPrefix: c.rng.IntN(4) == 0,
	}))
}

// call asks for rows, of a few tokens or of many, and may lose patience.
func (c *loadCaller) call(s *Seq) error {
	n := 1
	switch c.rng.IntN(4) {
	case 0:
		n += c.rng.IntN(80)
	case 1:
		n += c.rng.IntN(6)
	}
	n = min(n, loadContext-s.Len(), len(c.text)-s.Len())
	next := slices.Clone(c.text[s.Len():][:n])
	if c.rng.IntN(2) == 0 {
		next[n-1] = int32(c.rng.IntN(testVocab))
	}
	want := c.rng.IntN(n + 1)
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if c.rng.IntN(5) == 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(c.rng.IntN(300))*time.Microsecond)
	}
	defer cancel()
	before := slices.Clone(s.Tokens())
	rows, err := c.e.Forward(ctx, s, next, want)
	if err == nil {
		c.done.Add(1)
		if err := c.f.wrong(s, rows, want); err != nil {
			return err
		}
		for i := range want {
			clear(rows.At(i)) // the rows are the caller's
		}
		return nil
	}
	if !slices.Equal(s.Tokens(), before) {
		return fmt.Errorf("after %v %d tokens, want the %d there were", err, s.Len(), len(before))
	}
	if ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrBusy) {
		return nil
	}
	return err
}

// load runs callers on an engine of f and returns what was wrong and how many
// calls succeeded.
func load(t *testing.T, f *fake, steps int, pages int, o Options) (wrong []error, done int64) {
	t.Helper()
	f.context = loadContext
	o.Vocab, o.MaxQueue = testVocab, 20
	cache := f.newCache(pages)
	defer cache.Close()
	e := New(f, cache, o)
	defer e.Close()
	errs := make([]error, loadCallers)
	var count atomic.Int64
	wait := begin(loadCallers, func(i int) {
		c := &loadCaller{f: f, e: e, rng: rand.New(rand.NewPCG(1, uint64(i))), text: ids(i%3, loadContext), done: &count}
		for range steps {
			if errs[i] = c.step(); errs[i] != nil {
				break
			}
		}
		for _, s := range c.seqs {
			s.Close()
		}
	})
	wait()
	if len(f.passes) == 0 {
		t.Error("no pass")
	}
	e.Close() // a pass may still work on calls that were cancelled
	m := e.Metrics()
	if k := m.Cache; k.Used != 0 || m.Sequences != 0 || k.Budget > 0 && k.Peak > k.Budget {
		t.Errorf("afterwards %+v", m)
	}
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil }), count.Load()
}

// Whatever others do, every row is that of a run by itself: prompts that begin
// alike, forks, rewinds, cancelled calls, passes of any size, a cache for a
// quarter of the sequences.
func TestLoad(t *testing.T) {
	steps := 80
	if testing.Short() {
		steps = 20
	}
	for name, groups := range groupSets {
		for _, c := range []struct {
			name  string
			tight bool
			step  time.Duration
			long  int
		}{
			{"", false, 0, 0},
			{", short steps", false, time.Microsecond, 0},
			{", one processor", true, 100 * time.Microsecond, 0},
			{", a quarter of the cache", true, 200 * time.Microsecond, 0},
			{", a quarter of the cache, long sequences", true, 50 * time.Microsecond, 70},
		} {
			t.Run(name+c.name, func(t *testing.T) {
				step := c.step
				if step > time.Microsecond { // any length around it
					step = 1 + rand.N(2*step)
					t.Log("steps of", step)
				}
				if strings.HasSuffix(c.name, "one processor") {
					defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
				}
				f := newFake()
				f.groups, f.long = groups, c.long
				f.before = func(context.Context) error { runtime.Gosched(); return nil }
				pages := 0
				if c.tight {
					pages = int(f.newCache(0).Bytes(loadContext)) / fullGroup.Bytes * loadCallers / 4
				}
				wrong, done := load(t, f, steps, pages, Options{StepTime: step})
				for _, err := range wrong {
					t.Error(err)
				}
				if done < int64(steps) {
					t.Errorf("only %d calls succeeded", done)
				}
			})
		}
	}
}

// TestLoad sees a row that reads another sequence's page.
func TestLoadFindsPlant(t *testing.T) {
	f := newFake()
	f.neighbour, f.cost = true, time.Microsecond
	if wrong, _ := load(t, f, 150, 0, Options{}); len(wrong) == 0 {
		t.Error("nobody noticed")
	}
}

// The same in a run by itself.
func TestSolo(t *testing.T) {
	for name, groups := range groupSets {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.groups, f.context = groups, loadContext
			e := f.start(t, 0, Options{})
			c := &loadCaller{f: f, e: e, rng: rand.New(rand.NewPCG(1, 1)), text: ids(1, loadContext), done: new(atomic.Int64)}
			for range 300 {
				if err := c.step(); err != nil {
					t.Fatal(err)
				}
			}
			for _, s := range c.seqs {
				s.Close()
			}
		})
	}
}
