package sample

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestDRYMatchesReference compares DRY with its definition, over sequences that
// repeat themselves, with breakers of one token and of several.
func TestDRYMatchesReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	penalised := 0
	for n := range 3000 {
		vocab, size := 2+rng.IntN(5), rng.IntN(60)
		d := &dry{history: history{limit: 1 + rng.IntN(70)}, multiplier: 0.8, base: 1.5, allowed: rng.IntN(4)}
		if d.breakers = nil; n%2 == 0 {
			d.breakers = &Breakers{first: []uint64{2}, whole: []uint64{0}, tails: map[int32][][]int32{1: {{0, 1}, {0}}}}
		}
		if n%6 == 0 {
			d.breakers.whole[0] = 2
		}
		var seq []int32
		for range size {
			id := int32(rng.IntN(vocab))
			seq = append(seq, id)
			d.Accept(id)
		}
		x := make([]float32, vocab-1) // the last id is outside the vocabulary
		for i := range x {
			x[i] = float32(rng.IntN(100)) / 8
		}
		c := candidates(x)
		d.Apply(c)
		want := refDRY(x, seq[max(0, len(seq)-d.limit):], d)
		for id := range x {
			if got := c.logit(int32(id)); math.Abs(float64(got)-want[id]) > 1e-5*(1+math.Abs(want[id])) {
				t.Fatalf("case %d: %v, limit %d, allowed %d: token %d: got %g, want %g", n, seq, d.limit, d.allowed, id, got, want[id])
			}
			if want[id] != float64(x[id]) {
				penalised++
			}
		}
	}
	if penalised < 2000 {
		t.Errorf("%d logits penalised", penalised)
	}
}

// refDRY computes DRY by its definition.
func refDRY(x []float32, seq []int32, d *dry) []float64 {
	out := make([]float64, len(x))
	for id := range x {
		out[id] = float64(x[id])
	}
	reach := len(seq)
	if d.breakers != nil {
		reach = refSince(seq, d.breakers)
	}
	if reach < d.allowed || len(seq) <= d.allowed {
		return out
	}
	for id := range x {
		longest := -1
		for at := 1; at < len(seq); at++ { // seq[at] is id, after an occurrence of the end
			if seq[at] != int32(id) || d.breakers.has(int32(id)) {
				continue
			}
			n := 0
			for n < at && n < reach && seq[at-1-n] == seq[len(seq)-1-n] {
				n++
			}
			longest = max(longest, n)
		}
		if longest >= d.allowed {
			out[id] -= d.multiplier * math.Pow(d.base, float64(longest-d.allowed))
		}
	}
	return out
}

// refSince tries every place and length of a breaker of the test.
func refSince(seq []int32, b *Breakers) int {
	for i := len(seq) - 1; i >= 0; i-- {
		longest := -1
		if seq[i] == 1 && b.whole[0] != 0 {
			longest = 0
		}
		for _, tail := range [][]int32{{0}, {0, 1}} {
			if seq[i] == 1 && len(seq)-i-1 >= len(tail) && slices.Equal(seq[i+1:i+1+len(tail)], tail) {
				longest = len(tail)
			}
		}
		if longest >= 0 {
			return len(seq) - 1 - i - longest
		}
	}
	return len(seq)
}

// TestBreakers makes breakers of strings that lie within tokens, over several of
// them, and not at all.
func TestBreakers(t *testing.T) {
	v := pieceList{"a", "b", "c", "\n", "x\ny", "ab", "xa", "", "aab", ":", "abc"}
	for _, c := range []struct {
		strings []string
		ids     []int32
		want    int // tokens after the last breaker
	}{
		{nil, []int32{0, 3, 0, 1}, 2},
		{nil, []int32{0, 4, 0}, 1},
		{nil, []int32{0, 9}, 0},
		{[]string{}, []int32{0, 3, 0, 9}, 4},
		{[]string{"abc"}, []int32{0, 1, 2, 0, 1}, 2},    // a b c, then a b
		{[]string{"abc"}, []int32{5, 2, 0}, 1},          // ab c
		{[]string{"abc"}, []int32{6, 1, 2}, 0},          // xa b c
		{[]string{"abc"}, []int32{0, 8, 2, 0, 0}, 2},    // aab c
		{[]string{"abc"}, []int32{10, 1}, 1},            // within a token
		{[]string{"abc"}, []int32{0, 1, 0, 2}, 4},       // not in a row
		{[]string{"abc", "b"}, []int32{0, 1, 0, 2}, 2},  // the other one
		{[]string{"abc"}, []int32{7, 7, 1, 2, 100}, 5},  // ids outside the vocabulary are no breakers
		{[]string{"abc", "ab"}, []int32{5, 2, 1, 1}, 2}, // the longest match
	} {
		if got := NewBreakers(c.strings, v).since(c.ids); got != c.want {
			t.Errorf("%q in %v: %d tokens after it, want %d", c.strings, c.ids, got, c.want)
		}
	}
	b := NewBreakers([]string{"abc"}, v)
	if b.has(5) || !b.has(10) || b.has(-1) || b.has(64) {
		t.Error("the tokens that have a whole breaker")
	}
}
