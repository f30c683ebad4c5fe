package llama_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
)

// recurrentText returns a text of n tokens.
func recurrentText(n int) []int32 {
	text := make([]int32, n)
	for i := range text {
		text[i] = int32((i*i*7 + i/3) % synthVocab)
	}
	return text
}

// TestRecurrentStates interrupts texts in the middle of recurrent layers: by going
// back, by forks, by taking the cache elsewhere, by an error in a pass. All further
// logits must have the bits of an uninterrupted computation.
func TestRecurrentStates(t *testing.T) {
	const n = 600
	for _, syn := range hybrids {
		t.Run(syn.name, func(t *testing.T) {
			m := syn.file().load(t, llama.Options{Threads: 2, Context: 2 * n})
			e := engine.New(m.Model, m.cache, engine.Options{Vocab: synthVocab})
			defer e.Close()
			text := recurrentText(n)
			alone := engine.SeqOptions{Private: true}
			forward := func(s *engine.Seq, ids []int32, want int) [][]float32 {
				t.Helper()
				rows, err := e.Forward(t.Context(), s, ids, want)
				if err != nil {
					t.Fatal(err)
				}
				var out [][]float32
				for i := range rows.Len() {
					out = append(out, slices.Clone(rows.At(i)))
				}
				return out
			}
			s := e.NewSeq(nil, alone)
			defer s.Close()
			want := forward(s, text, n)
			for _, at := range []int{n - 1, 511, 300, 256, 3, 1} {
				s.Rewind(at)
				sameLogits(t, "after Rewind", forward(s, text[at:at+1], 1), want[at:at+1])
				fork := s.Fork()
				if at+1 < n {
					end := min(at+4, n)
					sameLogits(t, "the fork", forward(fork, text[at+1:end], end-at-1), want[at+1:end])
					sameLogits(t, "beside a fork", forward(s, text[at+1:], n-1-at), want[at+1:])
				}
				fork.Close()
			}
			s.Rewind(332)
			forward(s, text[332:333], 0)
			other := travel(t, e, m, s)
			defer other.Close()
			sameLogits(t, "elsewhere", forward(other, text[other.Len():], n-333), want[333:])
			if got := other.Stats().Rows; got > n-333 {
				t.Errorf("%d rows computed elsewhere, want %d", got, n-333)
			}
		})
	}
}

// travel returns another sequence with a copy of the cache of s.
func travel(t *testing.T, e *engine.Engine, m *model, s *engine.Seq) *engine.Seq {
	t.Helper()
	tokens, _, long := s.Cache()
	x := e.NewImport(long, engine.SeqOptions{})
	for at := 0; ; at++ {
		var c kvcache.Chunk
		if !s.Export(at, &c) {
			break
		}
		for _, p := range c.Parts {
			m.ClearCache(p.Group, p.Bytes, len(c.IDs))
		}
		if err := x.Add(at, &c); err != nil {
			t.Fatal(err)
		}
	}
	got := x.Seq(s.Tokens()[:tokens])
	if got.Len() != tokens {
		t.Fatalf("the copy has %d tokens, want %d", got.Len(), tokens)
	}
	return got
}

// TestRecurrentPreemption computes texts beside each other in a cache that has room
// for some of them.
func TestRecurrentPreemption(t *testing.T) {
	const n, texts = 300, 6
	for _, name := range []string{"qwen35", "lfm2", "granitehybrid"} {
		i := slices.IndexFunc(hybrids, func(m synthetic) bool { return m.name == name })
		m := hybrids[i].file().load(t, llama.Options{Threads: 2, Context: 400})
		cache := m.Model.NewCache(2 * m.CacheConfig().Bytes(n))
		e := engine.New(m.Model, cache, engine.Options{Vocab: synthVocab})
		var wg sync.WaitGroup
		results := make([][]float32, texts)
		for k := range texts {
			wg.Go(func() {
				s := e.NewSeq(nil, engine.SeqOptions{Private: true})
				defer s.Close()
				ids := recurrentText(n + k)[k:]
				for lo := 0; lo < n; lo += 30 {
					rows, err := e.Forward(t.Context(), s, ids[lo:lo+30], 1)
					if err != nil {
						t.Error(err)
						return
					}
					results[k] = slices.Clone(rows.At(0))
				}
			})
		}
		wg.Wait()
		e.Close()
		cache.Close()
		for k, got := range results {
			s := m.NewSeq()
			ids := recurrentText(n + k)[k:]
			next(t, m, s, ids[:256])
			want := next(t, m, s, ids[256:])
			sameLogits(t, name, [][]float32{got}, want[len(want)-1:])
			s.Close()
		}
	}
}
