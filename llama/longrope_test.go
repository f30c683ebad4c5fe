package llama_test

import (
	"testing"

	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/llama"
)

// TestLongRoPE requires that the length of the sequence, not the context, selects
// LongRoPE's factors: up to LongFrom the logits are those of the short factors,
// above it those of the long factors for all positions.
func TestLongRoPE(t *testing.T) {
	var f *file
	for _, m := range synthetics {
		if m.name == "phi3-longrope" {
			f = m.file()
		}
	}
	m := f.load(t, llama.Options{Threads: 2})
	ids, from := synthIDs(), m.LongFrom()
	if from == 0 || from >= len(ids) {
		t.Fatalf("long from %d, with %d tokens", from, len(ids))
	}
	whole := func(long bool) (rows [][]float32) {
		s := m.NewSeq()
		defer s.Close()
		batch := make([]llama.Token, len(ids))
		for i, id := range ids {
			batch[i] = llama.Token{Seq: s, ID: id, Out: llama.OutLogits, Long: long}
		}
		if err := m.Model.Forward(t.Context(), batch, &m.out); err != nil {
			t.Fatal(err)
		}
		for i := range ids {
			rows = append(rows, append([]float32{}, m.Logits(i)...))
		}
		return rows
	}
	want := append(whole(false)[:from:from], whole(true)[from:]...)
	e := engine.New(m.Model, m.cache, engine.Options{Vocab: synthVocab})
	defer e.Close()
	for _, piece := range []int{1, 7, len(ids)} {
		var got [][]float32
		s := e.NewSeq(nil, engine.SeqOptions{})
		for lo := 0; lo < len(ids); lo += piece {
			part := ids[lo:min(lo+piece, len(ids))]
			rows, err := e.Forward(t.Context(), s, part, len(part))
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows.Len() {
				got = append(got, append([]float32{}, rows.At(i)...))
			}
		}
		sameLogits(t, "in pieces", got, want)
		s.Rewind(from - 2) // to the short factors
		rows, err := e.Forward(t.Context(), s, ids[from-2:from], 2)
		if err != nil {
			t.Fatal(err)
		}
		sameLogits(t, "rewound", [][]float32{rows.At(0), rows.At(1)}, want[from-2:from])
		s.Close()
	}
	if want[from][0] == whole(false)[from][0] {
		t.Error("both factors give the same logits: the test proves nothing")
	}
}
