package llama_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/querent-ai/chord/llama"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestWidthsNoLayerHas sets huge widths of networks that no layer has. Nothing is
// allocated for them, and the logits stay the same.
func TestWidthsNoLayerHas(t *testing.T) {
	const wide, most = uint32(1 << 27), 32 << 20
	qwen3 := synthetic{arch: "qwen3moe", kv: map[string]any{
		"expert_count": uint32(synthExperts), "expert_used_count": uint32(synthUsed), "expert_feed_forward_length": uint32(synthExpertDim),
	}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		f.add(layerName(i, "attn_q_norm"), synthHeadDim)
		f.add(layerName(i, "attn_k_norm"), synthHeadDim)
		experts(f, i, synthExpertDim, 0)
	}}.file()
	for _, c := range []struct {
		name string
		file *file
		keys map[string]any
	}{
		{"experts where all layers are dense", tiny(), map[string]any{
			"llama.expert_count": uint32(8), "llama.expert_used_count": uint32(8),
			"llama.expert_feed_forward_length": wide, "llama.leading_dense_block_count": uint32(9),
		}},
		{"a product that overflows 32 bits", tiny(), map[string]any{
			"llama.expert_count": uint32(1024), "llama.expert_used_count": uint32(1024),
			"llama.expert_feed_forward_length": uint32(1<<31 - 1), "llama.leading_dense_block_count": uint32(9),
		}},
		{"dense where all layers are mixtures", qwen3, map[string]any{"qwen3moe.feed_forward_length": wide}},
		{"shared expert that no layer has", qwen3, map[string]any{"qwen3moe.expert_shared_feed_forward_length": wide}},
		{"many shared experts that no layer has", qwen3, map[string]any{"qwen3moe.expert_shared_count": wide / synthExpertDim}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := tokenBits(t, c.file)
			for key, value := range c.keys {
				c.file.set(key, value)
			}
			var got []float32
			if n := allocated(func() { got = tokenBits(t, c.file) }); n > most {
				t.Errorf("%d bytes allocated, want at most %d", n, most)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("logit %d: got %g, want %g", i, got[i], want[i])
				}
			}
		})
	}
}

// tokenBits returns the logits of a first token.
func tokenBits(t *testing.T, f *file) []float32 {
	t.Helper()
	m := f.load(t, llama.Options{Threads: 1})
	s := m.NewSeq()
	defer s.Close()
	if err := m.Forward(t.Context(), []llama.Token{{Seq: s, ID: 1, Out: llama.OutLogits}}); err != nil {
		t.Fatal(err)
	}
	return append([]float32(nil), m.Logits(0)...)
}

// TestExpertsShareVectors requires that biases and scales are converted once for
// all experts, not once for each.
func TestExpertsShareVectors(t *testing.T) {
	const n, dim = 512, 8
	f := synthetic{arch: "gpt-oss", kv: map[string]any{
		"expert_count": uint32(n), "expert_used_count": uint32(2), "expert_feed_forward_length": uint32(dim),
		"attention.sliding_window": uint32(8),
		"attention.key_length":     uint32(synthHeadDim), "attention.value_length": uint32(synthHeadDim),
	}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "post_attention_norm")
		attention(f, i)
		f.weight(layerName(i, "ffn_gate_inp"), synthDim, n)
		for name, shape := range map[string][2]uint64{"gate": {synthDim, dim}, "up": {synthDim, dim}, "down": {dim, synthDim}} {
			base := fmt.Sprintf("blk.%d.ffn_%s_exps.", i, name)
			f.weight(base+"weight", shape[0], shape[1], n)
			f.add(base+"bias", shape[1], n)
			f.add(base+"scale", n)
		}
	}}.file()
	file := f.open(t)
	once := uint64(0)
	for i := range file.Tensors {
		once += uint64(file.Tensors[i].Size)
	}
	var m *llama.Model
	got := allocated(func() {
		var err error
		if m, err = llama.Load(file, llama.Options{Threads: 1}); err != nil {
			t.Fatal(err)
		}
	})
	defer m.Close()
	// Once to read them, once to convert them, and 6144 matrices' headers.
	if got > 8*once {
		t.Errorf("%d bytes allocated for tensors of %d", got, once)
	}
}
