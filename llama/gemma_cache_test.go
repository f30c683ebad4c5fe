package llama_test

import (
	"fmt"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

// TestGemma3Cache requires that the cache of 32k tokens takes at most a
// quarter of that of all positions in all layers, with the hyperparameters of the
// Gemma 3 models: five of six layers see a window.
func TestGemma3Cache(t *testing.T) {
	const context = 32768
	for _, c := range []struct {
		name                                   string
		layers, dim, heads, kv, hidden, window uint32
	}{
		{"1B", 26, 1152, 4, 1, 6912, 512},
		{"4B", 34, 2560, 8, 4, 10240, 1024},
		{"12B", 48, 3840, 16, 8, 15360, 1024},
		{"27B", 62, 5376, 32, 16, 21504, 1024},
	} {
		f := &file{kv: []gguf.KV{
			{Key: "general.architecture", Value: "gemma3"},
			{Key: "gemma3.block_count", Value: c.layers},
			{Key: "gemma3.embedding_length", Value: c.dim},
			{Key: "gemma3.feed_forward_length", Value: c.hidden},
			{Key: "gemma3.attention.head_count", Value: c.heads},
			{Key: "gemma3.attention.head_count_kv", Value: c.kv},
			{Key: "gemma3.attention.key_length", Value: uint32(256)},
			{Key: "gemma3.attention.value_length", Value: uint32(256)},
			{Key: "gemma3.attention.sliding_window", Value: c.window},
			{Key: "gemma3.attention.layer_norm_rms_epsilon", Value: float32(1e-6)},
			{Key: "gemma3.context_length", Value: uint32(131072)},
			{Key: "gemma3.rope.freq_base", Value: float32(1e6)},
			{Key: "gemma3.vocab_size", Value: uint32(262144)},
		}}
		for i := range c.layers { // a file has some tensors for each layer
			f.add(fmt.Sprintf("blk.%d.attn_norm.weight", i), 1)
		}
		plan, tokens, err := llama.PlanCache(f.open(t), llama.Options{Context: context})
		if err != nil || tokens != context {
			t.Fatalf("%s: %d tokens, %v", c.name, tokens, err)
		}
		all := int64(context) * int64(c.layers) * int64(c.kv) * 256 * 2 * 2 // keys and values, f16
		share := float64(plan.Bytes(context)) / float64(all)
		t.Logf("%s: %.3f", c.name, share)
		if share > 0.25 {
			t.Errorf("%s: %.3f of all positions in all layers, want at most 1/4", c.name, share)
		}
	}
}
