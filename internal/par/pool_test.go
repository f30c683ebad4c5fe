package par

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/querent-ai/chord/internal/leak"
)

func TestMain(m *testing.M) {
	leak.Main(m)
}

// count is a job that counts how often each item is done and which workers work.
type count struct {
	hits []atomic.Int32
	busy []atomic.Int32
	step int
	bad  atomic.Int32
}

func newCount(n, step, threads int) *count {
	return &count{hits: make([]atomic.Int32, n), busy: make([]atomic.Int32, threads), step: step}
}

func (c *count) Do(worker, lo, hi int) {
	if c.busy[worker].Add(1) != 1 || hi-lo > c.step || lo >= hi {
		c.bad.Add(1)
	}
	for i := lo; i < hi; i++ {
		c.hits[i].Add(1)
	}
	c.busy[worker].Add(-1)
}

func (c *count) check(t *testing.T) {
	t.Helper()
	if n := c.bad.Load(); n != 0 {
		t.Errorf("%d pieces too long, empty or with a worker at work twice", n)
	}
	for i := range c.hits {
		if h := c.hits[i].Load(); h != 1 {
			t.Fatalf("item %d of %d (step %d) was done %d times", i, len(c.hits), c.step, h)
		}
	}
}

func TestEveryItemOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := New(threads)
		for _, n := range []int{0, 1, 2, 3, 7, 64, 1000} {
			for _, step := range []int{0, 1, 3, 64, 5000} {
				c := newCount(n, max(step, 1), threads)
				p.Run(n, step, c)
				c.check(t)
			}
		}
		p.Close()
	}
	c := newCount(10, 3, 1)
	(*Pool)(nil).Run(10, 3, c)
	c.check(t)
}

func TestManyRuns(t *testing.T) {
	p := New(4)
	defer p.Close()
	rounds := 20000
	if testing.Short() {
		rounds = 2000
	}
	c := newCount(9, 2, 4)
	for r := range rounds {
		p.Run(9, 2, c)
		for i := range c.hits {
			if h := c.hits[i].Swap(0); h != 1 {
				t.Fatalf("run %d: item %d was done %d times", r, i, h)
			}
		}
	}
}

func TestConcurrentCallers(t *testing.T) {
	p := New(2)
	defer p.Close()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				c := newCount(33, 4, 2)
				p.Run(33, 4, c)
				c.check(t)
			}
		})
	}
	wg.Wait()
}

// hold is a job whose first piece waits until all others are done. A run of it
// ends only if idle participants take pieces of others.
type hold struct {
	others atomic.Int32
	total  int32
}

func (h *hold) Do(_, lo, _ int) {
	if lo != 0 {
		h.others.Add(1)
		return
	}
	for h.others.Load() < h.total-1 {
		runtime.Gosched()
	}
}

func TestIdleWorkersSteal(t *testing.T) {
	p := New(2)
	defer p.Close()
	p.Run(64, 1, &hold{total: 64})
}

func TestParkedWorkersWake(t *testing.T) {
	for range 20 {
		p := New(2) // no worker is benched
		for !p.parked[1].Load() {
			runtime.Gosched()
		}
		p.Run(64, 1, &hold{total: 64}) // ends only if the worker comes
		p.Close()
	}
}

// stop is a job that ends its context in piece 0 and counts the pieces.
type stop struct {
	end    context.CancelFunc
	pieces atomic.Int32
}

func (s *stop) Do(_, lo, _ int) {
	s.pieces.Add(1)
	s.end()
}

func TestWatch(t *testing.T) {
	for _, threads := range []int{1, 2} {
		p := New(threads)
		ctx, cancel := context.WithCancel(context.Background())
		p.Watch(ctx)
		s := &stop{end: cancel}
		p.Run(1000, 1, s)
		if n := int(s.pieces.Load()); n < 1 || n > threads {
			t.Errorf("%d threads: %d pieces begun, though each ends the context", threads, n)
		}
		p.Run(1000, 1000, s)
		if n := int(s.pieces.Load()); n > threads {
			t.Errorf("%d threads: a run began after the context was done", threads)
		}
		p.Watch(context.Background())
		c := newCount(10, 1, threads)
		p.Run(10, 1, c)
		c.check(t)
		p.Close()
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	p := New(2)
	defer p.Close()
	c := newCount(64, 1, 2)
	if a := testing.AllocsPerRun(100, func() { p.Run(64, 1, c) }); a != 0 {
		t.Errorf("%v allocations a run", a)
	}
}

func TestCores(t *testing.T) {
	if c := Cores(); c < 1 || c > runtime.NumCPU() {
		t.Errorf("Cores() = %d of %d CPUs", c, runtime.NumCPU())
	}
}

// TestLeast wants the least of the known limits, and at least one core.
func TestLeast(t *testing.T) {
	for _, c := range []struct{ procs, physical, quota, want int }{
		{8, 0, 0, 8}, {8, 4, 0, 4}, {2, 1, 0, 1}, {2, 2, 1, 1}, {8, 4, 6, 4}, {2, 0, 3, 2}, {0, 0, 0, 1},
	} {
		if got := least(c.procs, c.physical, c.quota); got != c.want {
			t.Errorf("least(%d, %d, %d): got %d, want %d", c.procs, c.physical, c.quota, got, c.want)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	p := New(2)
	defer p.Close()
	c := newCount(16, 1, 2)
	b.ReportAllocs()
	for b.Loop() {
		p.Run(16, 1, c)
	}
}
