package llama_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/querent-ai/chord/llama"
)

// TestMadeSameBits computes every family's models in pieces, with other
// sequences in the batch and by other numbers of threads, and wants the same
// bits.
func TestMadeSameBits(t *testing.T) {
	ids := madeIDs()
	for _, made := range mades {
		t.Run(made.name, func(t *testing.T) {
			f := made.file()
			m := f.load(t, llama.Options{Threads: 1})
			want := all(t, m, ids)
			three := f.load(t, llama.Options{Threads: 3})
			sameLogits(t, "three threads", all(t, three, ids), want)
			if made.embeds {
				sameLogits(t, "in a batch", besides(t, three, ids), want)
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
			sameLogits(t, "in a batch", mixed(t, three, ids), want)
		})
	}
}

// besides computes ids with another sequence's tokens between them, all at once.
func besides(t *testing.T, m *model, ids []int32) [][]float32 {
	t.Helper()
	s, other := m.NewSeq(), m.NewSeq()
	defer s.Close()
	defer other.Close()
	var batch []llama.Token
	for i, id := range ids {
		batch = append(batch, llama.Token{Seq: s, ID: id, Out: llama.OutLogits})
		if i%3 == 0 {
			batch = append(batch, llama.Token{Seq: other, ID: (id + 1) % madeVocab})
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
		t.Errorf("going on with a sequence: got %v", err)
	}
	return got
}

// mixed computes ids in batches with two other sequences, whose tokens stand
// between.
func mixed(t *testing.T, m *model, ids []int32) [][]float32 {
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
			batch = append(batch, llama.Token{Seq: a, ID: (id + 1) % madeVocab})
			mine = append(mine, len(batch))
			batch = append(batch, llama.Token{Seq: s, ID: id, Out: llama.OutLogits})
			if i%2 == 0 {
				batch = append(batch, llama.Token{Seq: b, ID: (id + 5) % madeVocab, Out: llama.OutLogits})
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

// sameLogits wants got to be want to the bit.
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

// A token costs no allocation, whatever the family.
func TestMadeAllocations(t *testing.T) {
	for _, made := range mades {
		if made.embeds { // whose cache does not go on
			continue
		}
		m := made.file().load(t, llama.Options{Threads: 2})
		s := m.NewSeq()
		next(t, m, s, madeIDs())
		batch := []llama.Token{{Seq: s, ID: 1, Out: llama.OutLogits}}
		n := testing.AllocsPerRun(20, func() {
			s.Rewind(39)
			if err := m.Forward(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations a token, want 0", made.name, n)
		}
	}
}
