package grammar

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// TestShared has goroutines use one grammar, and every text be right.
func TestShared(t *testing.T) {
	v := smallVocab()
	g := JSONObject()
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 5))
			mask := make([]uint64, v.Words())
			m := g.NewMatcher(v.Vocab)
			for range 200 {
				m.Mask(mask)
				var can []int32
				for id := range int32(v.Size()) {
					if allowed(mask, id) {
						can = append(can, id)
					}
				}
				id := can[rng.IntN(len(can))]
				if err := m.Accept(id); err != nil {
					errs[i] = fmt.Errorf("token %d: %w", id, err)
					return
				}
				if m.Ended() {
					m.Reset()
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
}

// TestRenewed has an automaton that has grown too large be begun anew in the
// middle of a text.
func TestRenewed(t *testing.T) {
	v := smallVocab()
	g := JSONObject()
	m := g.NewMatcher(v.Vocab)
	before, after := make([]uint64, v.Words()), make([]uint64, v.Words())
	for _, s := range []string{`{"`, "abc", `":`} {
		if err := m.Accept(v.ids[s]); err != nil {
			t.Fatal(err)
		}
	}
	m.Mask(before)
	old := m.m
	old.budget.used = maxMemory + 1
	m.Mask(after)
	if m.m == old || !slices.Equal(before, after) {
		t.Errorf("new automaton: %v, same mask: %v", m.m != old, slices.Equal(before, after))
	}
	if err := m.Accept(v.ids["12"]); err != nil {
		t.Error(err)
	}
}

// TestAllocations has masks and steps over ground that is known take no memory.
func TestAllocations(t *testing.T) {
	v := smallVocab()
	g := JSONObject()
	m := g.NewMatcher(v.Vocab)
	mask := make([]uint64, v.Words())
	round := func() {
		m.Reset()
		for _, s := range []string{`{"`, "abc", `":`, "12", ",", `"`, "a", `":`, "null", "}"} {
			m.Mask(mask)
			if err := m.Accept(v.ids[s]); err != nil {
				t.Fatal(err)
			}
			m.Forced()
		}
	}
	round()
	if n := testing.AllocsPerRun(10, round); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
