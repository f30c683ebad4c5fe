package llama_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/llama"
)

// TestResume requires that after a long chat few tokens are computed again for an
// edit of the last turn, for the same question and for another end of the prompt,
// with windows, with recurrent states and without. The logits must have the bits of a computation
// without the prefix cache.
func TestResume(t *testing.T) {
	const long, answer, most = 8000, 300, 512
	for _, name := range []string{"gemma2", "cohere2", "olmo3", "smollm3", "qwen35", "lfm2", "granitehybrid", "mamba2"} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "gemma2" && name != "qwen35" {
				t.Skip("one model with windows and one with states are enough for -short")
			}
			i := slices.IndexFunc(synthetics, func(m synthetic) bool { return m.name == name })
			m := synthetics[i].file().load(t, llama.Options{Threads: 2, Context: 9000})
			e := engine.New(m.Model, m.cache, engine.Options{Vocab: synthVocab})
			defer e.Close()
			text := make([]int32, long)
			for i := range text {
				text[i] = int32((i*i*7 + i/3) % synthVocab)
			}
			read := func(ids []int32, o engine.SeqOptions) (*engine.Seq, []float32, int) {
				s := e.NewSeq(ids, o)
				had := s.Len()
				rows, err := e.Forward(t.Context(), s, ids[had:], 1)
				if err != nil {
					t.Fatal(err)
				}
				return s, append([]float32{}, rows.At(0)...), len(ids) - had
			}
			// A turn ends; then a question of 100 tokens and its answer.
			s, _, _ := read(text[:long-100], engine.SeqOptions{})
			s.Close()
			s, _, _ = read(text, engine.SeqOptions{})
			s.Keep()
			for i := range answer {
				if _, err := e.Forward(t.Context(), s, []int32{int32(i % 5)}, 1); err != nil {
					t.Fatal(err)
				}
			}
			s.Close()
			edited := append(slices.Clone(text[:long-90]), 3, 1, 4, 1, 5, 9, 2, 6)
			dated := append(slices.Clone(text[:long-5]), 2, 7, 1, 8, 2)
			for what, ids := range map[string][]int32{"edited": edited, "again": text, "another date": dated} {
				warm, got, again := read(ids, engine.SeqOptions{})
				cold, want, _ := read(ids, engine.SeqOptions{Salt: fmt.Sprint("cold ", what), NoPrefix: true})
				if again > most {
					t.Errorf("%s: %d tokens computed again, want at most %d", what, again, most)
				}
				sameLogits(t, what, [][]float32{got}, [][]float32{want})
				warm.Close()
				cold.Close()
			}
		})
	}
}
