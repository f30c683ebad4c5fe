package llama

import "testing"

// TestPieceEnd wants pieces that do not end between tokens that see each other.
func TestPieceEnd(t *testing.T) {
	batch := make([]Token, 20)
	for i, ahead := range []int{4, 3, 2, 1, 0} { // tokens 3 to 7
		batch[3+i].Ahead = ahead
	}
	for _, c := range []struct{ lo, size, want int }{
		{0, 3, 3}, {0, 4, 3}, {0, 7, 3}, {0, 8, 8}, {0, 30, 20}, {3, 2, 8}, {3, 5, 8}, {3, 6, 9}, {5, 1, 8}, {8, 4, 12}, {1, 1, 2},
	} {
		if got := pieceEnd(batch, c.lo, c.size); got != c.want {
			t.Errorf("from %d, %d tokens: got an end at %d, want %d", c.lo, c.size, got, c.want)
		}
	}
}
