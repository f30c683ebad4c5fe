package draft

import (
	"math/rand/v2"
	"slices"
	"testing"
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
		{"two tokens", []int32{1, 2, 3, 4, 8, 1, 2}, []int32{3, 4, 8, 1}},
		{"the last one", []int32{1, 2, 3, 9, 9, 1, 2, 3, 4, 5, 6, 1, 2, 3}, []int32{4, 5, 6, 1}},
		{"the longest one", []int32{8, 1, 2, 3, 4, 9, 1, 2, 3, 5, 8, 1, 2, 3}, []int32{4, 9, 1, 2}},
		{"a period", []int32{1, 2, 3, 1, 2, 3}, []int32{1, 2, 3, 1}},
		{"one token", []int32{5, 5, 5, 5}, []int32{5, 5, 5, 5}},
		{"one token of an n-gram", []int32{1, 2, 3, 4, 8, 1}, nil},
		{"a replacement", []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8, 99}, []int32{10, 11, 12, 1}},
		{"an insertion", []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8, 99, 9}, []int32{10, 11, 12, 1}},
		{"a deletion", []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11}, []int32{12, 13, 14, 1}},
		{"a replacement of three", []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8, 99, 98, 97, 12}, []int32{1, 2, 3, 4}},
		{"a replacement early", []int32{1, 2, 3, 4, 5, 6, 1, 2, 3, 99}, nil},
		{"two replacements", []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8, 99, 98}, nil},
	} {
		var l Lookup
		for _, id := range c.text {
			l.Add(id)
		}
		var d Draft
		if l.Propose(&d, 4); !slices.Equal(d.IDs, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, d.IDs, c.want)
		}
		if id, class, ok := l.Next(); ok != (len(c.want) > 0) || ok && (id != c.want[0] || class != d.Class[0]) {
			t.Errorf("%s: the next is %d, %v", c.name, id, ok)
		}
	}
}

// TestLookupProposes compares with a search of the whole text: what is proposed follows
// an n-gram that has occurred, and there is a proposal if one has.
func TestLookupProposes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var l Lookup
		var text []int32
		for range 60 {
			id := int32(r.IntN(8))
			l.Add(id)
			text = append(text, id)
			best, follow := 0, map[int][]int32{} // by the number of equal tokens
			for at := 1; at < len(text); at++ {
				n := 0
				for n < longest && n < at && text[at-1-n] == text[len(text)-1-n] {
					n++
				}
				best = max(best, n)
				follow[n] = append(follow[n], text[at])
			}
			got, class, ok := l.Next()
			switch {
			case ok && class != Resumed && !slices.ContainsFunc(slices.Collect(func(yield func(int) bool) {
				for n := shorter; n <= best; n++ {
					if !yield(n) {
						return
					}
				}
			}), func(n int) bool { return slices.Contains(follow[n], got) }):
				t.Fatalf("%v: got %d, which follows no n-gram", text, got)
			case !ok && best >= shorter:
				t.Fatalf("%v: got nothing, want one of %v", text, follow[best])
			}
		}
	}
}

// TestLookupGrows holds that a long text of few n-grams and one of many are kept within
// a few bytes a token, and that early n-grams are still known.
func TestLookupGrows(t *testing.T) {
	const n = 50000
	var l Lookup
	for i := range n {
		l.Add(int32(i))
	}
	if most := 8 * n; len(l.long.slots) > most || len(l.short.slots) > most {
		t.Errorf("%d and %d slots for %d tokens", len(l.long.slots), len(l.short.slots), n)
	}
	known := 0
	for i := int32(10); i < n-10; i += 100 {
		l.Add(i)
		l.Add(i + 1)
		l.Add(i + 2)
		if id, _, ok := l.Next(); ok && id == i+3 {
			known++
		}
	}
	if known < n/100*9/10 {
		t.Errorf("%d of %d n-grams are known", known, n/100)
	}
}
