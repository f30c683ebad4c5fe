package llama

import (
	"context"
	"errors"
	"math"
	"testing"

	"go.uber.org/goleak"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/tales"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("runtime.handleEvent")) // wasm's own
}

// last returns the logits after ids with pages of n positions.
func last(t *testing.T, typ KVType, n int, ids []int32) []float32 {
	t.Helper()
	f, err := gguf.OpenFS(tales.FS, tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := Load(f, Options{CacheTypeK: typ, CacheTypeV: typ})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.pages, err = newPagesOf(m.config, typ, typ, n); err != nil {
		t.Fatal(err)
	}
	m.pass = newPass(m)
	s := m.NewSeq()
	batch := make([]Token, len(ids))
	for i, id := range ids {
		batch[i] = Token{Seq: s, ID: id}
	}
	batch[len(ids)-1].Logits = true
	if err := m.Forward(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	return append([]float32(nil), m.Logits(len(ids)-1)...)
}

func TestPageSizeChangesNothing(t *testing.T) {
	ids := make([]int32, 300)
	for i := range ids {
		ids[i] = int32(37 * i % 2048)
	}
	for _, typ := range []KVType{KVF16, KVF32, KVQ8_0} {
		want := last(t, typ, 256, ids)
		for _, n := range []int{16, 64, 512} {
			got := last(t, typ, n, ids)
			for i := range want {
				if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
					t.Fatalf("pages of %d, logit %d: got %g, want %g", n, i, got[i], want[i])
				}
			}
		}
	}
}

func TestPageTokens(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		key    KVType
		value  KVType
		tokens int
	}{
		{"tiny", Config{Layers: 5, KVHeads: 4, HeadDim: 32}, KVF16, KVF16, 256},
		{"1B", Config{Layers: 16, KVHeads: 8, HeadDim: 64}, KVF16, KVF16, 256},
		{"1B in f32", Config{Layers: 16, KVHeads: 8, HeadDim: 64}, KVF32, KVF32, 128},
		{"1B, values in f32", Config{Layers: 16, KVHeads: 8, HeadDim: 64}, KVQ8_0, KVF32, 128},
		{"8B", Config{Layers: 32, KVHeads: 8, HeadDim: 128}, KVF16, KVF16, 64},
		{"absurd", Config{Layers: 1, KVHeads: 1 << 18, HeadDim: 64}, KVF16, KVF16, 16},
	} {
		got, err := newPages(c.config, c.key, c.value)
		if err != nil {
			t.Fatal(err)
		}
		if got.tokens != c.tokens {
			t.Errorf("%s: %d positions a page, want %d", c.name, got.tokens, c.tokens)
		}
	}
}

func TestErrorsTakeNoPages(t *testing.T) {
	f, err := gguf.OpenFS(tales.FS, tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := Load(f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := m.NewSeq()
	if err := m.Forward(ctx, make([]Token, 0)); err == nil {
		t.Error("an empty batch is no error")
	}
	if err := m.Forward(ctx, []Token{{Seq: s}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if s.Len() != 0 || len(s.pages) != 0 {
		t.Errorf("%d tokens in %d pages, want none", s.Len(), len(s.pages))
	}
}

func TestSequencesShareClosedPages(t *testing.T) {
	a, err := newPages(Config{Layers: 1, KVHeads: 1, HeadDim: 2}, KVF16, KVF16)
	if err != nil {
		t.Fatal(err)
	}
	m := &Model{pages: a}
	s := m.NewSeq()
	s.extend(a.tokens + 1)
	s.n = a.tokens + 1
	s.Truncate(a.tokens)
	if len(s.pages) != 1 || len(a.free) != 1 {
		t.Errorf("after Truncate %d pages are in use and %d free, want 1 and 1", len(s.pages), len(a.free))
	}
	s.Close()
	m.NewSeq().extend(2 * a.tokens)
	if len(a.free) != 0 {
		t.Errorf("%d pages are free, want 0", len(a.free))
	}
}
