package llama

import (
	"math"
	"testing"
)

// TestChunks requires that a token of Llama 4 sees its chunk up to itself in
// layers with a window, and all before it in the others.
func TestChunks(t *testing.T) {
	fam := families["llama4"]
	for _, c := range []struct{ window, pos, first int }{
		{8192, 0, 0}, {8192, 8191, 0}, {8192, 8192, 8192}, {8192, 20000, 16384}, {0, 20000, 0},
	} {
		first, end := fam.sees(&LayerConfig{Window: c.window}, c.pos, 0)
		if first != c.first || end != c.pos+1 {
			t.Errorf("window %d, position %d: sees [%d, %d), want [%d, %d)", c.window, c.pos, first, end, c.first, c.pos+1)
		}
	}
}

// TestQueryTemperature compares the factor of Llama 4's queries with its formula.
func TestQueryTemperature(t *testing.T) {
	c := Config{AttnTemp: 0.1, AttnTempLength: 8192, AttnTempOffset: 1}
	for _, pos := range []int{0, 8190, 8191, 100000} {
		want := 0.25 * (1 + 0.1*math.Log(math.Floor(float64(pos+1)/8192)+1))
		got := float64(c.queryScale(&LayerConfig{AttnScale: 0.25, Rope: RopeNone}, pos))
		if math.Abs(got-want) > 1e-7 {
			t.Errorf("position %d: %g, want %g", pos, got, want)
		}
		if got := c.queryScale(&LayerConfig{AttnScale: 0.25, Rope: RopeWindow}, pos); got != 0.25 {
			t.Errorf("position %d of a layer with RoPE: %g, want 0.25", pos, got)
		}
	}
}
