package llama

import (
	"reflect"
	"testing"
)

// TestTiles requires that rows of a sequence share tiles, wherever they are in the
// batch.
func TestTiles(t *testing.T) {
	var p pass
	for _, s := range []struct {
		name  string
		rows  []int // the sequence of each row
		order []int
		tiles []tile
	}{
		{"one", []int{0, 0, 0, 0, 0}, []int{0, 1, 2, 3, 4}, []tile{{0, 4}, {4, 5}}},
		{"one sequence each", []int{0, 1, 2}, []int{0, 1, 2}, []tile{{0, 1}, {1, 2}, {2, 3}}},
		{"alternating", []int{0, 1, 0, 1, 0, 2, 1}, []int{0, 2, 4, 1, 3, 6, 5}, []tile{{0, 3}, {3, 6}, {6, 7}}},
	} {
		p.seqOf, p.tokenOf = s.rows, nil
		for i := range s.rows {
			p.tokenOf = append(p.tokenOf, i)
		}
		p.sortRows()
		p.cutTiles(&LayerConfig{Heads: 8, KVHeads: 1}) // tiles of four rows
		if !reflect.DeepEqual(p.order, s.order) || !reflect.DeepEqual(p.tiles, s.tiles) {
			t.Errorf("%s: got %v, %v, want %v, %v", s.name, p.order, p.tiles, s.order, s.tiles)
		}
	}
}

// TestPieceTokens requires PieceTokens tokens for usual widths, fewer within
// maxPieceElems for extreme ones, and at least one.
func TestPieceTokens(t *testing.T) {
	for _, c := range []struct{ width, want int }{
		{0, 256}, {1, 256}, {65536, 256}, {131072, 256}, {131073, 255}, {1 << 20, 32}, {1 << 25, 1}, {maxCount, 1},
	} {
		if got := pieceTokensFor(c.width); got != c.want {
			t.Errorf("width=%d: got %d, want %d", c.width, got, c.want)
		}
	}
}
