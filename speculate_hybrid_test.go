package chord_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/inside"
	"github.com/querent-ai/chord/internal/synth"
)

// TestSpeculationRecurrent drafts for a model with recurrent layers, whose state has to
// go back where a draft was wrong. Texts are those of plain decoding.
func TestSpeculationRecurrent(t *testing.T) {
	s, err := synth.ShapeOf("tiny-hybrid")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "hybrid.gguf")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := synth.Write(t.Context(), f, s, synth.Options{Type: "Q8_0", Seed: 1}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	open := func(o chord.Options) *chord.Model {
		m, err := chord.Open(name, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { m.Close() })
		return m
	}
	texts := 12
	if testing.Short() {
		texts = 4
	}
	plain := open(chord.Options{})
	worse := open(chord.Options{OverrideKV: []string{"qwen35.rope.freq_base=float:12000"}})
	lookup := func(p *chord.Params) { p.Lookup = 12 }
	for _, k := range []speculating{
		{"lookup", open(chord.Options{NoSharedLookup: true}), lookup},
		{"itself", open(chord.Options{Draft: plain}), func(*chord.Params) {}},
		{"another", open(chord.Options{Draft: worse}), lookup},
		{"little memory", open(chord.Options{Draft: worse, CacheBytes: 38 << 20, Context: 300}), lookup},
	} {
		inside.AlwaysDraft(k.model)
		drafted, accepted := 0, 0
		for i := range texts {
			p := seeded(int64(i+1), 40)
			switch i % 3 {
			case 0:
				p.Temperature = chord.Greedy
			case 1:
				p.Temperature = 0.3 // often the same words
			}
			want, r := spelled(t, plain, repeated, p)
			k.edit(&p)
			got, s := spelled(t, k.model, repeated, p)
			if got != want || s.Finish != r.Finish || s.Seed != r.Seed {
				t.Errorf("%s, seed %d: got %s, %+v, want %s, %+v", k.name, i+1, got, s, want, r)
			}
			drafted, accepted = drafted+s.Drafted, accepted+s.Accepted
		}
		t.Log(fmt.Sprintf("%s: %d of %d drafted tokens accepted", k.name, accepted, drafted))
		if drafted == 0 || accepted == 0 && k.name != "lookup" {
			t.Errorf("%s: %d of %d drafted tokens accepted", k.name, accepted, drafted)
		}
	}
}
