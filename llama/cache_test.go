package llama

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/internal/leak"
	"github.com/querent-ai/chord/tales"
)

func TestMain(m *testing.M) {
	leak.Main(m)
}

// last returns the logits of the last of ids, with pages of n positions.
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
	if m.layout, err = newCacheLayoutOf(&m.config, typ, typ, n); err != nil {
		t.Fatal(err)
	}
	m.pass = newPass(m)
	cache := m.NewCache(0)
	defer cache.Close()
	s := cache.NewSeq("")
	batch := make([]Token, len(ids))
	for i, id := range ids {
		batch[i] = Token{Seq: s, ID: id}
	}
	batch[len(ids)-1].Out = OutLogits
	var out Output
	if err := m.Forward(t.Context(), batch, &out); err != nil {
		t.Fatal(err)
	}
	return out.Row(len(ids) - 1)
}

func TestPageSizeChangesNothing(t *testing.T) {
	ids := make([]int32, 300)
	for i := range ids {
		ids[i] = int32(37 * i % 2048)
	}
	for _, typ := range []KVType{KVF16, KVF32, KVQ8_0, KVQ4_0} {
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

// layers returns n layers of one shape.
func layers(n, kvHeads, dim int) []LayerConfig {
	l := make([]LayerConfig, n)
	for i := range l {
		l[i] = LayerConfig{Heads: kvHeads, KVHeads: kvHeads, KeyDim: dim, ValueDim: dim}
	}
	return l
}

func TestPageTokens(t *testing.T) {
	for _, c := range []struct {
		name   string
		layers []LayerConfig
		key    KVType
		value  KVType
		tokens int
	}{
		{"tiny", layers(5, 4, 32), KVF16, KVF16, 256},
		{"1B", layers(16, 8, 64), KVF16, KVF16, 256},
		{"1B in f32", layers(16, 8, 64), KVF32, KVF32, 128},
		{"1B, values in f32", layers(16, 8, 64), KVQ8_0, KVF32, 128},
		{"1B in q4_0", layers(16, 8, 64), KVQ4_0, KVQ4_0, 256},
		{"8B in q4_0", layers(32, 8, 128), KVQ4_0, KVQ4_0, 128},
		{"8B", layers(32, 8, 128), KVF16, KVF16, 64},
		{"absurd", layers(1, 1<<18, 64), KVF16, KVF16, 16},
	} {
		got, err := newCacheLayout(&Config{Layer: c.layers}, c.key, c.value)
		if err != nil {
			t.Fatal(err)
		}
		if got.tokens != c.tokens {
			t.Errorf("%s: %d positions a page, want %d", c.name, got.tokens, c.tokens)
		}
	}
}

// TestCacheGroups requires one group for the layers with one lifetime, whatever
// their shapes, in which they follow each other without overlap.
func TestCacheGroups(t *testing.T) {
	ls := append(layers(4, 2, 32), LayerConfig{Heads: 4, KVHeads: 4, KeyDim: 64, ValueDim: 32})
	ls[1].Window, ls[2].Window, ls[4].Window = 8, 16, 8
	a, err := newCacheLayoutOf(&Config{Layer: ls}, KVF16, KVQ8_0, 16)
	if err != nil {
		t.Fatal(err)
	}
	want := []kvcache.Group{
		{Kind: kvcache.Full, Bytes: 2 * 2 * 16 * (32*2 + 34)},
		{Kind: kvcache.Window, Window: 8, Bytes: 2*16*(32*2+34) + 4*16*(64*2+34)},
		{Kind: kvcache.Window, Window: 16, Bytes: 2 * 16 * (32*2 + 34)},
	}
	if !slices.Equal(a.groups, want) {
		t.Errorf("groups\n%+v, want\n%+v", a.groups, want)
	}
	for i, g := range []int{0, 1, 2, 0, 1} {
		if a.layers[i].group != g {
			t.Errorf("layer %d is in group %d, want %d", i, a.layers[i].group, g)
		}
	}
	if got, want := a.layers[4].offset, 2*16*(32*2+34); got != want {
		t.Errorf("layer 4 begins at %d, want %d", got, want)
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
	cache := m.NewCache(0)
	defer cache.Close()
	s := cache.NewSeq("")
	var out Output
	if err := m.Forward(ctx, nil, &out); err == nil {
		t.Error("empty batch: no error")
	}
	if err := m.Forward(ctx, []Token{{Seq: s}}, &out); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if used := cache.Stats().Used; s.Len() != 0 || used != 0 {
		t.Errorf("%d tokens in %d bytes, want none", s.Len(), used)
	}
}
