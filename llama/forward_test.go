package llama_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
)

// A countdown is a context that is done after n calls of Err.
type countdown struct {
	context.Context
	n atomic.Int64
}

func (c *countdown) Err() error {
	if c.n.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestCancel cancels a prompt of several pieces at many points. The sequences must
// stay as they were, which the logits of the prompt prove at the end.
func TestCancel(t *testing.T) {
	ids := talesPrompt()
	m := openTales(t, llama.Options{Threads: 2, Context: 600})
	want := all(t, m, ids)
	batch := make([]llama.Token, len(ids)-10)
	s, other := m.NewSeq(), m.NewSeq()
	defer s.Close()
	defer other.Close()
	next(t, m, s, ids[:5])
	next(t, m, other, ids[:5])
	for i := range batch { // tokens of s from 5 on, then one of other
		batch[i] = llama.Token{Seq: s, ID: ids[5+i]}
	}
	batch = append(batch, llama.Token{Seq: other, ID: ids[5], Out: llama.OutLogits})

	whole := &countdown{Context: t.Context()}
	whole.n.Store(1 << 40)
	if err := m.Forward(whole, batch); err != nil {
		t.Fatal(err)
	}
	checks := 1<<40 - whole.n.Load()
	s.Rewind(5)
	other.Rewind(5)
	if least := int64(4 * 4 * len(batch) / 16 * 2); checks < least { // one for each KV head, tile of 16 and block of positions, without the last layer
		t.Errorf("%d checks of the context, want at least %d: attention takes long", checks, least)
	}
	for i := range int64(12) {
		ctx := &countdown{Context: t.Context()}
		ctx.n.Store(i * i * checks / 144)
		if err := m.Forward(ctx, batch); !errors.Is(err, context.Canceled) {
			t.Fatalf("done after %d of %d checks: got %v", i*i*checks/144, checks, err)
		}
		if s.Len() != 5 || other.Len() != 5 {
			t.Fatalf("sequences have %d and %d tokens, want 5", s.Len(), other.Len())
		}
	}
	for i, logits := range next(t, m, s, ids[5:40]) {
		same(t, 5+i, logits, want[5+i])
	}
	for i, logits := range next(t, m, other, ids[5:40]) {
		same(t, 5+i, logits, want[5+i])
	}
}

func TestForwardErrors(t *testing.T) {
	m := openTales(t, llama.Options{Threads: 1, Context: 8})
	s, closed := m.NewSeq(), m.NewSeq()
	closed.Close()
	next(t, m, s, []int32{1, 2, 3, 4, 5})
	for _, c := range []struct {
		name  string
		batch []llama.Token
		is    error
		says  string
	}{
		{"empty", nil, nil, "empty batch"},
		{"negative id", []llama.Token{{Seq: s, ID: 1}, {Seq: s, ID: -1}}, nil, "token 1 of the batch: id -1 is not in the vocabulary of 2048"},
		{"id of the vocabulary's size", []llama.Token{{Seq: s, ID: 2048}}, nil, "id 2048"},
		{"closed", []llama.Token{{Seq: closed, ID: 1}}, kvcache.ErrClosed, "closed"},
		{"full", []llama.Token{{Seq: s}, {Seq: s}, {Seq: s}, {Seq: s}}, llama.ErrContextFull, "token 3 of the batch: its sequence has 8 tokens"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := m.Forward(t.Context(), c.batch)
			if err == nil || !strings.Contains(err.Error(), c.says) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if s.Len() != 5 {
				t.Errorf("the sequence has %d tokens, want 5", s.Len())
			}
			panics(t, "logits after an error", func() { m.Logits(0) })
		})
	}
	next(t, m, s, []int32{6, 7, 8}) // a full context is valid
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := m.Forward(t.Context(), []llama.Token{{Seq: s}}); !errors.Is(err, llama.ErrClosed) {
		t.Errorf("closed model: got %v", err)
	}
}

func TestWrongCalls(t *testing.T) {
	m := openTales(t, llama.Options{Threads: 1})
	s := m.NewSeq()
	next(t, m, s, []int32{1, 2})
	panics(t, "no sequence", func() { _ = m.Forward(t.Context(), []llama.Token{{ID: 1}}) })
	panics(t, "rewind forward", func() { s.Rewind(3) })
	panics(t, "rewind below 0", func() { s.Rewind(-1) })
	next(t, m, s, []int32{3})
	panics(t, "logits beyond the batch", func() { m.Logits(1) })
	if err := m.Forward(t.Context(), []llama.Token{{Seq: s, ID: 1}}); err != nil {
		t.Fatal(err)
	}
	panics(t, "logits not asked for", func() { m.Logits(0) })
	if s.Len() != 4 {
		t.Errorf("%d tokens, want 4", s.Len())
	}
}

// panics requires that f panics.
func panics(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", name)
		}
	}()
	f()
}

// TestRewind rewinds a sequence, computes other tokens, rewinds it again and
// computes the first tokens again.
func TestRewind(t *testing.T) {
	for _, kv := range []llama.KVType{llama.KVF16, llama.KVQ4_0} {
		testRewind(t, openTales(t, llama.Options{Threads: 2, CacheTypeK: kv, CacheTypeV: kv}))
	}
}

func testRewind(t *testing.T, m *model) {
	ids := talesPrompt()[:300]
	want := all(t, m, ids)
	s := m.NewSeq()
	next(t, m, s, ids)
	for _, n := range []int{299, 257, 256, 255, 10, 0} {
		s.Rewind(n)
		next(t, m, s, []int32{7, 7, 7}) // other tokens
		s.Rewind(n)
		for i, logits := range next(t, m, s, ids[n:]) {
			same(t, n+i, logits, want[n+i])
		}
	}
	s.Close()
	s.Close()
	if s.Len() != 0 {
		t.Errorf("%d tokens after Close", s.Len())
	}
}

func TestNoAllocations(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, kv := range []llama.KVType{llama.KVF16, llama.KVF32, llama.KVQ8_0, llama.KVQ4_0} {
		m := openTales(t, llama.Options{Threads: 2, CacheTypeK: kv, CacheTypeV: kv})
		a, b := m.NewSeq(), m.NewSeq()
		next(t, m, a, talesPrompt()[:30])
		batch := []llama.Token{{Seq: a, ID: 1, Out: llama.OutLogits}, {Seq: b, ID: 2, Out: llama.OutLogits}}
		n := testing.AllocsPerRun(100, func() {
			if err := m.Forward(ctx, batch); err != nil {
				t.Fatal(err)
			}
			batch[0].ID = int32(len(m.Logits(1))) - batch[0].ID
		})
		if n != 0 {
			t.Errorf("cache type %d: %v allocations per token, want 0", kv, n)
		}
	}
}

func BenchmarkForward(b *testing.B) {
	for _, c := range []struct {
		phase  string
		tokens int
	}{{"decode", 1}, {"prompt", 256}} {
		b.Run("model=tales/phase="+c.phase, func(b *testing.B) {
			m := openTales(b, llama.Options{})
			s := m.NewSeq()
			batch := make([]llama.Token, c.tokens)
			for i := range batch {
				batch[i] = llama.Token{Seq: s, ID: talesPrompt()[i]}
			}
			batch[c.tokens-1].Out = llama.OutLogits
			b.ReportAllocs()
			b.SetBytes(m.Bytes())
			for b.Loop() {
				if err := m.Forward(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				if s.Len()+c.tokens > m.Context() {
					s.Rewind(0)
				}
			}
			b.ReportMetric(float64(b.N*c.tokens)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}
