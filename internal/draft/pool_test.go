package draft

import (
	"slices"
	"sync"
	"testing"
)

// put adds a text to the pool.
func put(p *Pool, text ...int32) {
	var t Tail
	for _, id := range text {
		p.Add(&t, id)
		t.Add(id)
	}
}

// proposed returns what p proposes after a text.
func proposed(p *Pool, n int, text ...int32) Draft {
	var t Tail
	for _, id := range text {
		t.Add(id)
	}
	var d Draft
	p.Propose(&d, t, n)
	return d
}

func TestPool(t *testing.T) {
	p := NewPool()
	if got := proposed(p, 4, 1, 2, 3); len(got.IDs) > 0 {
		t.Errorf("empty: got %v", got.IDs)
	}
	put(p, 1, 2, 3, 4, 5, 6)
	for _, c := range []struct {
		name string
		text []int32
		want []int32
	}{
		{"another text", []int32{9, 9, 1, 2, 3}, []int32{4, 5, 6}},
		{"within it", []int32{2, 3, 4}, []int32{5, 6}},
		{"too short", []int32{2, 3}, nil},
		{"unknown", []int32{3, 2, 1}, nil},
	} {
		if got := proposed(p, 9, c.text...); !slices.Equal(got.IDs, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got.IDs, c.want)
		}
	}
	if got := proposed(p, 2, 1, 2, 3); len(got.IDs) != 2 {
		t.Errorf("got %d tokens, want 2", len(got.IDs))
	}
}

// TestPoolAdapts holds that what was seen often has another class, and goes once it is
// seen no more.
func TestPoolAdapts(t *testing.T) {
	p := NewPool()
	for i, want := range []Class{Pooled, Pooled + 1, Pooled + 1, Pooled + 2} {
		put(p, 1, 2, 3, 4)
		if d := proposed(p, 1, 1, 2, 3); d.Class[0] != want {
			t.Errorf("seen %d times: class %d, want %d", i+1, d.Class[0], want)
		}
	}
	put(p, 1, 2, 3, 5)
	if d := proposed(p, 1, 1, 2, 3); d.IDs[0] != 4 {
		t.Errorf("one other text changes it: got %d", d.IDs[0])
	}
	for range 5 {
		put(p, 1, 2, 3, 5)
	}
	if d := proposed(p, 1, 1, 2, 3); d.IDs[0] != 5 {
		t.Errorf("got %d, want 5", d.IDs[0])
	}
}

// TestPoolBounded fills the pool many times over and holds that what is seen often
// stays, in the same memory.
func TestPoolBounded(t *testing.T) {
	p := NewPool()
	if n := 8 * len(p.entries); n > 1<<20 {
		t.Errorf("%d bytes", n)
	}
	kept, n := 0, int32(100)
	for i := range n {
		for range 12 {
			put(p, i, i+1000, i+2000, i)
		}
	}
	var tail Tail
	for i := range int32(2 << poolBits) {
		p.Add(&tail, i)
		tail.Add(i)
	}
	for i := range n {
		if d := proposed(p, 1, i, i+1000, i+2000); len(d.IDs) == 1 && d.IDs[0] == i {
			kept++
		}
	}
	if kept < int(n)*9/10 {
		t.Errorf("%d of %d n-grams that were seen often are left", kept, n)
	}
	if allocs := testing.AllocsPerRun(100, func() { p.Add(&tail, 7); p.Next(&tail) }); allocs > 0 {
		t.Errorf("%g allocations", allocs)
	}
}

// TestPoolConcurrent is for the race detector; a token that nobody has added never
// comes out.
func TestPoolConcurrent(t *testing.T) {
	p := NewPool()
	var wg sync.WaitGroup
	for g := range int32(8) {
		wg.Go(func() {
			for range 200 {
				put(p, 1, 2, 3, 10+g, 1, 2, 3)
				for _, id := range proposed(p, 8, 1, 2, 3).IDs {
					if id < 1 || id > 17 {
						t.Errorf("token %d", id)
					}
				}
			}
		})
	}
	wg.Wait()
}
