package llama

import (
	"reflect"
	"testing"
)

// Rows of a sequence share tiles wherever they are in the batch.
func TestTiles(t *testing.T) {
	var p pass
	for _, s := range []struct {
		name  string
		rows  []int // of each its sequence
		order []int
		tiles []tile
	}{
		{"one", []int{0, 0, 0, 0, 0}, []int{0, 1, 2, 3, 4}, []tile{{0, 4}, {4, 5}}},
		{"each its own", []int{0, 1, 2}, []int{0, 1, 2}, []tile{{0, 1}, {1, 2}, {2, 3}}},
		{"in turn", []int{0, 1, 0, 1, 0, 2, 1}, []int{0, 2, 4, 1, 3, 6, 5}, []tile{{0, 3}, {3, 6}, {6, 7}}},
	} {
		p.seqOf, p.at = s.rows, nil
		for i := range s.rows {
			p.at = append(p.at, i)
		}
		p.sortRows()
		p.cutTiles(&LayerConfig{Heads: 8, KVHeads: 1}) // of four rows
		if !reflect.DeepEqual(p.order, s.order) || !reflect.DeepEqual(p.tiles, s.tiles) {
			t.Errorf("%s: got %v, %v, want %v, %v", s.name, p.order, p.tiles, s.order, s.tiles)
		}
	}
}
