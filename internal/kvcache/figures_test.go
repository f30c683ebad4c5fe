package kvcache

import (
	"math/rand/v2"
	"testing"
)

// text returns n tokens.
func text(n int, seed uint64) []int32 {
	r := rand.New(rand.NewPCG(seed, 2))
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(r.IntN(1000))
	}
	return ids
}

// compute makes s one of the given tokens, in passes of at most batch.
func compute(t testing.TB, s *Seq, ids []int32, batch int) {
	t.Helper()
	for s.Len() < len(ids) {
		n := min(batch, len(ids)-s.Len(), s.Limit())
		if err := s.Extend(n); err != nil {
			t.Fatalf("at %d of %d: %v", s.Len(), len(ids), err)
		}
		s.Commit(ids[s.Len():][:n])
	}
}

// TestWindowBytes holds 32k positions, in most layers a window of 1024.
func TestWindowBytes(t *testing.T) {
	used := func(kind Kind) int64 {
		c := New(Config{Positions: 64, Groups: []Group{{Kind: Full, Bytes: 4096}, {Kind: kind, Bytes: 5 * 4096, Window: 1024}}})
		defer c.Close()
		s := c.NewSeq("")
		compute(t, s, text(32<<10, 1), 512)
		s.Keep()
		st := c.Stats()
		if n := c.Bytes(32 << 10); st.Used > n {
			t.Errorf("%d bytes used, Bytes says %d", st.Used, n)
		}
		return st.Used + st.Cached
	}
	if windows, full := used(Window), used(Full); windows > full/4 {
		t.Errorf("%d bytes with windows, %d without", windows, full)
	}
}

// TestRewindIsNear edits the last message of a long conversation, on the
// sequence itself and on one that comes later.
func TestRewindIsNear(t *testing.T) {
	c := New(Config{Positions: 32, Groups: []Group{{Kind: Full, Bytes: 64}, {Kind: Window, Bytes: 64, Window: 1024}, {Kind: State, Bytes: 64}}})
	defer c.Close()
	ids := text(8000, 1)
	s := c.NewSeq("")
	compute(t, s, ids, 512)
	s.Keep()
	ids = append(ids, text(300, 2)...)
	compute(t, s, ids, 1)
	for _, back := range []int{0, 1, 299, 300, 310, 500, 900} {
		to := len(ids) - back
		other, fork := c.NewSeq(""), s.Fork()
		if at := fork.Rewind(to); at < to-512 {
			t.Errorf("Rewind(%d) = %d", to, at)
		}
		s.Keep()
		if at := other.Resume(ids[:to]); at < to-512 {
			t.Errorf("Resume of %d positions: %d", to, at)
		}
		fork.Close()
		other.Close()
	}
	s.Close()
	s = c.NewSeq("")
	if at := s.Resume(append(ids[:8000:8000], 1, 2, 3)); at != 8000 {
		t.Errorf("another answer to the prompt resumes at %d", at)
	}
}

// TestBytesAreEnough lets one sequence after the other grow, go back and grow
// again in a cache of Bytes bytes.
func TestBytesAreEnough(t *testing.T) {
	full, window, state := Group{Kind: Full, Bytes: 64}, Group{Kind: Window, Bytes: 96, Window: 100}, Group{Kind: State, Bytes: 256}
	for name, groups := range map[string][]Group{
		"full": {full}, "window": {window}, "state": {state},
		"full and window": {full, window}, "window and full": {window, full}, "full and state": {full, state}, "state and full": {state, full},
		"all": {full, window, state, {Kind: Window, Bytes: 64, Window: 700}},
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for range 10 {
				n := 1 + r.IntN(4000)
				config := Config{Positions: 32, Groups: groups, Checkpoint: 64}
				config.Budget = config.Bytes(n)
				c := New(config)
				growAndGoBack(t, c, r, text(n, 3))
				c.Close()
			}
		})
	}
}

// growAndGoBack makes sequences of at most the given ids in every way.
func growAndGoBack(t *testing.T, c *Cache, r *rand.Rand, ids []int32) {
	s := c.NewSeq("")
	for range 30 {
		switch r.IntN(4) {
		case 0:
			s.Close()
			s = c.NewSeq("")
			s.Resume(ids[:r.IntN(len(ids)+1)])
		case 1:
			s.Keep()
			s.Rewind(max(0, s.Len()-r.IntN(1<<r.IntN(11))))
		case 2:
			s.Rewind(r.IntN(s.Len() + 1))
		}
		to := len(ids)
		if r.IntN(2) > 0 {
			to = s.Len() + r.IntN(len(ids)-s.Len()+1)
		}
		compute(t, s, ids[:to], 1+r.IntN(512))
		if r.IntN(2) > 0 {
			s.Keep()
		}
	}
	compute(t, s, ids, 512)
	s.Keep() // the last page is shared, and there is no room for a copy
	s.Rewind(len(ids) - 1)
	compute(t, s, ids, 1)
	s.Close()
}

// TestAllocs wants no allocation for a token but where a page or a checkpoint
// begins.
func TestAllocs(t *testing.T) {
	c := New(Config{Positions: 256, Groups: []Group{{Kind: Full, Bytes: 64}, {Kind: Window, Bytes: 64, Window: 100}, {Kind: State, Bytes: 64}}})
	defer c.Close()
	s := c.NewSeq("")
	compute(t, s, text(2048+1, 1), 256)
	ids := []int32{1}
	token := func() {
		if err := s.Extend(1); err != nil {
			t.Fatal(err)
		}
		for g := range 2 {
			_ = s.Pages(g)
		}
		_ = s.State(2)
		s.Commit(ids)
	}
	token() // ids may grow
	if n := testing.AllocsPerRun(200, token); n != 0 {
		t.Errorf("%g allocations a token", n)
	}
}

// TestSalts wants the tree of a salt to go with its last page.
func TestSalts(t *testing.T) {
	c := New(Config{Positions: 4, Groups: []Group{{Kind: Full, Bytes: 64}}, Budget: 1024})
	defer c.Close()
	for i := range 1000 {
		s := c.NewSeq(string(rune(i)))
		compute(t, s, text(9, 1), 9)
		s.Close()
	}
	if n := len(c.roots); n > 1024/64 {
		t.Errorf("%d trees", n)
	}
}
