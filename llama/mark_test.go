package llama_test

import (
	"slices"
	"testing"

	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/llama"
)

// TestMarks goes back to marks of recurrent states, to tokens after them, across a
// checkpoint and again and again: all further logits must have the bits of an
// uninterrupted computation, and few tokens are computed again.
func TestMarks(t *testing.T) {
	const n = 300
	for _, syn := range hybrids {
		t.Run(syn.name, func(t *testing.T) {
			m := syn.file().load(t, llama.Options{Threads: 2, Context: 2 * n})
			e := engine.New(m.Model, m.cache, engine.Options{Vocab: synthVocab})
			defer e.Close()
			text := recurrentText(n)
			forward := func(s *engine.Seq, ids []int32, want int) (out [][]float32) {
				t.Helper()
				rows, err := e.Forward(t.Context(), s, ids, want)
				if err != nil {
					t.Fatal(err)
				}
				for i := range rows.Len() {
					out = append(out, slices.Clone(rows.At(i)))
				}
				return out
			}
			s := e.NewSeq(nil, engine.SeqOptions{Private: true})
			defer s.Close()
			want := forward(s, text, n)
			s.Rewind(200)
			forward(s, text[200:201], 1)
			for at, k := 201, 0; at+8 < n; k++ {
				before := s.Stats().Rows
				if missing := s.Missing(); missing > 0 { // as after a wrong draft
					sameLogits(t, "after a wrong draft", forward(s, text[at:at+1], 1), want[at:at+1])
					if got := s.Stats().Rows - before; got != missing+1 {
						t.Fatalf("token %d: %d rows computed, want %d", at, got, missing+1)
					}
					at++
					continue
				}
				if !s.Mark() {
					t.Fatal("no memory for a mark")
				}
				right := k % 5 // of 6 tokens
				draft := slices.Clone(text[at : at+6])
				draft[right] = (draft[right] + 1) % synthVocab
				got := forward(s, draft, 6)
				sameLogits(t, "a draft", got[:right], want[at:at+right])
				if k%8 == 0 {
					fork := s.Fork()
					fork.Rewind(at + right)
					sameLogits(t, "a fork of a draft", forward(fork, text[at+right:at+right+1], 1), want[at+right:at+right+1])
					fork.Close()
				}
				s.Rewind(at + right)
				if at += right; s.Missing() > right {
					t.Fatalf("token %d: %d tokens are missing, want %d at most", at, s.Missing(), right)
				}
			}
		})
	}
}
