package llama

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Rows of a sequence share tiles wherever they are in the batch.
func TestCut(t *testing.T) {
	a, b, c := &Seq{first: 0}, &Seq{first: 1}, &Seq{first: 5}
	p := pass{c: &Config{Heads: 8, KVHeads: 1}} // tiles of four rows
	for _, s := range []struct {
		name  string
		rows  []*Seq
		order []int
		tiles []tile
	}{
		{"one", []*Seq{a, a, a, a, a}, []int{0, 1, 2, 3, 4}, []tile{{0, 4}, {4, 5}}},
		{"each its own", []*Seq{a, b, c}, []int{0, 1, 2}, []tile{{0, 1}, {1, 2}, {2, 3}}},
		{"in turn", []*Seq{a, b, a, b, a, c, b}, []int{0, 2, 4, 1, 3, 6, 5}, []tile{{0, 3}, {3, 6}, {6, 7}}},
	} {
		p.tokens, p.at = nil, nil
		for i, seq := range s.rows {
			p.tokens, p.at = append(p.tokens, Token{Seq: seq}), append(p.at, i)
		}
		p.cut()
		if !cmp.Equal(p.order, s.order) || !cmp.Equal(p.tiles, s.tiles, cmp.AllowUnexported(tile{})) {
			t.Errorf("%s: got %v, %v, want %v, %v", s.name, p.order, p.tiles, s.order, s.tiles)
		}
	}
}
