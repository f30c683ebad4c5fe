package llama_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/querent-ai/chord/llama"
)

// TestSyntheticSameBits computes the models of every family in pieces, with other
// sequences in the batch, with other numbers of threads and packed. The bits must
// be the same.
func TestSyntheticSameBits(t *testing.T) {
	ids := synthIDs()
	for _, syn := range synthetics {
		t.Run(syn.name, func(t *testing.T) {
			f := syn.file()
			m := f.load(t, llama.Options{Threads: 1})
			want := all(t, m, ids)
			three := f.load(t, llama.Options{Threads: 3})
			sameLogits(t, "three threads", all(t, three, ids), want)
			if syn.embeds {
				sameLogits(t, "in a batch", interleaved(t, three, ids), want)
				return
			}
			for _, n := range []int{1, 7} {
				s := three.NewSeq()
				var got [][]float32
				for lo := 0; lo < len(ids); lo += n {
					got = append(got, next(t, three, s, ids[lo:min(lo+n, len(ids))])...)
				}
				s.Close()
				sameLogits(t, "in pieces", got, want)
			}
			var packed bytes.Buffer
			if err := llama.Pack(&packed, f.open(t), 2); err != nil {
				t.Fatal(err)
			}
			p, err := loadModel(open(t, packed.Bytes()), llama.Options{Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			sameLogits(t, "packed", all(t, p, ids), want)
			sameLogits(t, "in a batch", threeSeqs(t, three, ids), want)
		})
	}
}

// interleaved computes ids in one batch with tokens of another sequence between
// them.
func interleaved(t *testing.T, m *model, ids []int32) [][]float32 {
	t.Helper()
	s, other := m.NewSeq(), m.NewSeq()
	defer s.Close()
	defer other.Close()
	var batch []llama.Token
	for i, id := range ids {
		batch = append(batch, llama.Token{Seq: s, ID: id, Out: llama.OutLogits})
		if i%3 == 0 {
			batch = append(batch, llama.Token{Seq: other, ID: (id + 1) % synthVocab})
		}
	}
	if err := m.Forward(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	var got [][]float32
	for i, b := range batch {
		if b.Out != llama.OutNone {
			got = append(got, append([]float32{}, m.Logits(i)...))
		}
	}
	if err := m.Forward(t.Context(), batch[:1]); !errors.Is(err, llama.ErrUnsupported) {
		t.Errorf("more tokens for a sequence: got %v", err)
	}
	return got
}

// threeSeqs computes ids in batches with tokens of two other sequences between
// them.
func threeSeqs(t *testing.T, m *model, ids []int32) [][]float32 {
	t.Helper()
	s, a, b := m.NewSeq(), m.NewSeq(), m.NewSeq()
	defer s.Close()
	defer a.Close()
	defer b.Close()
	var got [][]float32
	for lo := 0; lo < len(ids); lo += 5 {
		var batch []llama.Token
		var mine []int
		for i, id := range ids[lo:min(lo+5, len(ids))] {
			batch = append(batch, llama.Token{Seq: a, ID: (id + 1) % synthVocab})
			mine = append(mine, len(batch))
			batch = append(batch, llama.Token{Seq: s, ID: id, Out: llama.OutLogits})
			if i%2 == 0 {
				batch = append(batch, llama.Token{Seq: b, ID: (id + 5) % synthVocab, Out: llama.OutLogits})
			}
		}
		if err := m.Forward(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		for _, i := range mine {
			got = append(got, append([]float32{}, m.Logits(i)...))
		}
	}
	return got
}

// sameLogits requires that got equals want.
func sameLogits(t *testing.T, how string, got, want [][]float32) {
	t.Helper()
	for i := range want {
		for k := range want[i] {
			if got[i][k] != want[i][k] {
				t.Errorf("%s: position %d, token %d: got %g, want %g", how, i, k, got[i][k], want[i][k])
				return
			}
		}
	}
}

// TestSyntheticAllocations requires that a token of any family allocates nothing.
func TestSyntheticAllocations(t *testing.T) {
	for _, syn := range synthetics {
		if syn.embeds { // its sequences cannot be extended
			continue
		}
		m := syn.file().load(t, llama.Options{Threads: 2})
		s := m.NewSeq()
		next(t, m, s, synthIDs())
		batch := []llama.Token{{Seq: s, ID: 1, Out: llama.OutLogits}}
		n := testing.AllocsPerRun(20, func() {
			if !m.Recurrent() { // which goes on, since it cannot go back by one token
				s.Rewind(39)
			}
			if err := m.Forward(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations a token, want 0", syn.name, n)
		}
	}
}
