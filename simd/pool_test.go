package simd

import (
	"context"
	"sync/atomic"
	"testing"
)

// touch counts how often each item is handled, and whether a worker is out of
// range.
type touch struct {
	items   []atomic.Int32
	threads int
	wrong   atomic.Int32
}

func (j *touch) Do(worker, lo, hi int) {
	if worker < 0 || worker >= j.threads || lo >= hi {
		j.wrong.Add(1)
	}
	for i := lo; i < hi; i++ {
		j.items[i].Add(1)
	}
}

// Every pool, the nil one and the zero one too, handles every item once.
func TestPool(t *testing.T) {
	three, all := NewPool(3), NewPool(0)
	defer three.Close()
	defer all.Close()
	for _, c := range []struct {
		name    string
		p       *Pool
		threads int // 0: any
	}{{"nil", nil, 1}, {"zero", new(Pool), 1}, {"three", three, 3}, {"all cores", all, 0}} {
		if n := c.p.Threads(); n < 1 || c.threads > 0 && n != c.threads {
			t.Errorf("%s: %d threads, want %d", c.name, n, c.threads)
		}
		for _, step := range []int{0, 1, 7, 1000} {
			j := &touch{items: make([]atomic.Int32, 100), threads: c.p.Threads()}
			c.p.Run(len(j.items), step, j)
			for i := range j.items {
				if n := j.items[i].Load(); n != 1 {
					t.Fatalf("%s, step %d: item %d handled %d times, want once", c.name, step, i, n)
				}
			}
			if n := j.wrong.Load(); n != 0 {
				t.Errorf("%s, step %d: %d pieces with no such worker or without items", c.name, step, n)
			}
			if n := testing.AllocsPerRun(50, func() { c.p.Run(len(j.items), step, j) }); n != 0 {
				t.Errorf("%s, step %d: %v allocations a run", c.name, step, n)
			}
		}
		c.p.Run(0, 1, nil)
	}
	(*Pool)(nil).Close()
	new(Pool).Close()
}

// A context that is done leaves pieces out; without threads there is none.
func TestPoolWatch(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, threads := range []int{1, 2} {
		p := NewPool(threads)
		j := &touch{items: make([]atomic.Int32, 10), threads: threads}
		p.Watch(ctx)
		p.Run(len(j.items), 1, j)
		p.Watch(context.Background())
		if n := j.items[9].Load(); n != 0 {
			t.Errorf("%d threads: a run of a done context handled an item", threads)
		}
		p.Run(len(j.items), 1, j)
		if n := j.items[9].Load(); n != 1 {
			t.Errorf("%d threads: a run after it handled an item %d times, want once", threads, n)
		}
		p.Close()
	}
	for _, p := range []*Pool{nil, new(Pool)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("Watch of a pool without threads: no panic")
				}
			}()
			p.Watch(ctx)
		}()
	}
}
