package llama

import "testing"

// TestPieceFor wants whole pieces of every usual width, and of a strange one so
// few rows that they stay within bounds, but one at least.
func TestPieceFor(t *testing.T) {
	for _, c := range []struct{ width, want int }{
		{0, 256}, {1, 256}, {65536, 256}, {131072, 256}, {131073, 255}, {1 << 20, 32}, {1 << 25, 1}, {maxCount, 1},
	} {
		if got := pieceFor(c.width); got != c.want {
			t.Errorf("width=%d: got %d, want %d", c.width, got, c.want)
		}
	}
}
