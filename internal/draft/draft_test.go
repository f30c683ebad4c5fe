package draft

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		name string
		text []int32
		want []int32
	}{
		{"nothing", nil, nil},
		{"too short", []int32{1, 2, 3}, nil},
		{"no repetition", []int32{1, 2, 3, 4, 5, 6}, nil},
		{"a repetition", []int32{1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3}, []int32{4, 5, 6, 7}},
		{"the last one", []int32{1, 2, 3, 9, 9, 1, 2, 3, 4, 5, 6, 1, 2, 3}, []int32{4, 5, 6, 1}},
		{"a period", []int32{1, 2, 3, 1, 2, 3}, []int32{1, 2, 3, 1}},
		{"one token", []int32{5, 5, 5, 5}, []int32{5, 5, 5, 5}},
		{"the beginning of an n-gram", []int32{1, 2, 3, 4, 8, 1, 2}, nil},
	} {
		var l Lookup
		for _, id := range c.text {
			l.Add(id)
		}
		if got := l.Propose(nil, 4); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// TestLookupProposes compares with a search of the whole text.
func TestLookupProposes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var l Lookup
		var text []int32
		for range 60 {
			id := int32(r.IntN(4))
			l.Add(id)
			text = append(text, id)
			want := int32(-1)
			for at := gram; at < len(text); at++ {
				if slices.Equal(text[at-gram:at], text[max(len(text)-gram, 0):]) {
					want = text[at]
				}
			}
			got := l.Propose(nil, 1)
			if want >= 0 && (len(got) != 1 || got[0] != want) || want < 0 && len(got) > 0 {
				t.Fatalf("%v: got %v, want %d", text, got, want)
			}
		}
	}
}

// TestCost lets passes take a known time and tokens be right with a known
// probability, and wants a gain near the best length's, and no loss.
func TestCost(t *testing.T) {
	for _, c := range []struct {
		name        string
		right, more float64
		least       float64 // gain
	}{
		{"always right", 1, 0.1, 4},
		{"mostly right", 0.8, 0.1, 1.8},
		{"half", 0.5, 0.1, 1.15},
		{"never right", 0, 0.1, 0.98},
		{"rows as dear as passes", 0.9, 1, 0.98},
		{"rows for nothing, often wrong", 0.3, 0.02, 1.2},
	} {
		r := rand.New(rand.NewPCG(3, 4))
		var cost Cost
		tokens, spent := 0, 0.0
		for tokens < 20000 {
			k := cost.Length(12)
			right := 0
			for right < k && r.Float64() < c.right {
				right++
			}
			took := 1 + c.more*float64(k)
			cost.Passed(k, right, time.Duration(took*1e6))
			tokens, spent = tokens+right+1, spent+took
		}
		if gain := float64(tokens) / spent; gain < c.least {
			t.Errorf("%s: %.3f as fast as without drafts, want %g", c.name, gain, c.least)
		}
	}
}
