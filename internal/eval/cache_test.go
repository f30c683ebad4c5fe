package eval_test

import (
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/eval"
	"github.com/querent-ai/chord/internal/fixtures"
)

// TestCachePerplexity requires that a cache of q4_0 predicts about as well as one
// of f16: the perplexity is at most 1 % more. It is the same on every machine:
// 1.0055 and 1.0038 of f16's; of chord-tales-f32 1.0063.
func TestCachePerplexity(t *testing.T) {
	windows := -1
	if testing.Short() {
		windows = 12
	}
	var stories []string
	fixtures.ReadJSON(t, &stories, "text/tinystories_1000.json")
	for _, c := range []struct {
		model, text string
		window      int
	}{
		{"models/chord-tales-q4_0.gguf", heldOut(t), 512},
		{"models/stories260K.gguf", strings.Join(stories[:100], "\n"), 128}, // heads of eight elements
	} {
		t.Run(c.model, func(t *testing.T) {
			ppl := func(typ string) float64 {
				m := open(t, chord.Options{Context: c.window, CacheTypeK: typ, CacheTypeV: typ}, c.model)
				all := perplexity(t, m, c.text, eval.Options{Window: c.window, Windows: windows})
				return all[len(all)-1].PPL.Value
			}
			f16, q4 := ppl("f16"), ppl("q4_0")
			t.Logf("f16 %.4f, q4_0 %.4f: %.4f of it", f16, q4, q4/f16)
			if r := q4 / f16; !(r > 0.99 && r <= 1.01) || r == 1 {
				t.Errorf("f16 %g, q4_0 %g: %g of it, want at most 1.01 and not 1", f16, q4, r)
			}
		})
	}
}
