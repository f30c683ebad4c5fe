package llama_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

// TestFamilyErrors changes keys that only some families have. The error names the
// key and has the right kind.
func TestFamilyErrors(t *testing.T) {
	for _, c := range []struct {
		model, key string
		value      any
		is         error
		says       string
	}{
		{"gemma4-e", "attention.shared_kv_layers", uint32(3), gguf.ErrFormat, "3 of 4 layers, want two or more without"},
		{"gemma4-e", "attention.shared_kv_layers", uint32(5), gguf.ErrFormat, "5 of 4 layers"},
		{"gemma4-e", "attention.shared_kv_layers", uint32(1), gguf.ErrFormat, ""}, // layer 3 has the heads of layer 1, not of layer 2
		{"gemma4-e", "attention.key_length_swa", uint32(1 << 30), gguf.ErrFormat, "4 heads of 1073741824"},
		{"gemma4-e", "rope.dimension_count_swa", uint32(18), gguf.ErrFormat, "18, want an even number up to the head's 16"},
		{"gemma4-e", "rope.dimension_count_swa", uint32(7), gguf.ErrFormat, "7, want an even number"},
		{"gemma4-e", "embedding_length_per_layer_input", uint32(1<<31 - 1), gguf.ErrFormat, "2147483647 for each of 4 layers"},
		{"gemma4-e", "attention.sliding_window_pattern", []bool{true}, gguf.ErrFormat, "list of 1, want one for each of 4 layers"},
		{"minicpm3", "attention.head_count_kv", uint32(1), gguf.ErrFormat, "1, want that of the heads, 4"},
		{"minicpm3", "rope.dimension_count", uint32(24), gguf.ErrFormat, "24, want less than key_length 24"},
		{"minicpm3", "attention.kv_lora_rank", nil, gguf.ErrFormat, "missing"},
		{"minicpm3", "attention.kv_lora_rank", uint32(1<<31 - 1), gguf.ErrFormat, ""},
		{"deepseek-v3", "attention.value_length_mla", nil, gguf.ErrFormat, "missing"},
		{"deepseek-v3", "attention.kv_lora_rank", uint32(16), gguf.ErrFormat, ""},
		{"deepseek-v3", "attention.head_count_kv", uint32(4), gguf.ErrFormat, "4, want 1"},
		{"deepseek-v3", "attention.key_length_mla", uint32(8), gguf.ErrFormat, ""},
		{"deepseek-v3", "attention.key_length_mla", uint32(1<<31 - 1), gguf.ErrFormat, ""},
		{"deepseek-v3", "expert_group_count", uint32(3), gguf.ErrFormat, "3, want a divisor of the 8 experts"},
		{"deepseek-v3", "expert_group_count", uint32(8), gguf.ErrFormat, "8, want a divisor of the 8 experts, at most half of them"},
		{"deepseek-v3", "expert_group_used_count", uint32(4), gguf.ErrFormat, "4 of 4 groups"},
		{"deepseek-v3", "expert_group_used_count", uint32(0), gguf.ErrFormat, "0 of 4 groups"},
		{"deepseek-v3", "expert_gating_func", uint32(4), llama.ErrUnsupported, "4"},
		{"deepseek", "expert_gating_func", uint32(2), llama.ErrUnsupported, "2"},
		{"deepseek", "expert_group_count", uint32(2), llama.ErrUnsupported, "2"},
		{"cohere2moe", "attention.layer_norm_rms_epsilon", float32(1e-6), llama.ErrUnsupported, "RMS norms"},
		{"qwen2vl", "rope.dimension_sections", nil, gguf.ErrFormat, "missing"},
		{"qwen2vl", "rope.dimension_sections", []int32{1, 1, 1, 1, 1}, gguf.ErrFormat, "list of 5"},
		{"qwen2vl", "rope.dimension_sections", []int32{-1, 1, 1}, gguf.ErrFormat, "-1, want 0 to"},
		{"ernie4_5", "rope.dimension_sections", []int32{4, 2, 2, 0}, llama.ErrUnsupported, "[4 2 2 0]"},
		{"llama4", "attention.sliding_window", uint32(0), llama.ErrUnsupported, "0"},
		{"baichuan-13b", "block_count", uint32(39), llama.ErrUnsupported, "39, known are 32 and 40"},
		{"mpt", "attention.max_alibi_bias", float32(-8), gguf.ErrFormat, "-8, want a number above 0"},
		{"qwen", "feed_forward_length", uint32(1), gguf.ErrFormat, "missing"},
		{"grovemoe", "experts_per_group", uint32(3), gguf.ErrFormat, "3, want a divisor of the 8 experts"},
		{"grovemoe", "experts_per_group", nil, gguf.ErrFormat, "missing"},
		{"step35", "rope.dimension_count", uint32(14), gguf.ErrFormat, "14, want a multiple of 4"},
		{"step35", "attention.sliding_window", uint32(0), llama.ErrUnsupported, "0"},
		{"step35", "swiglu_clamp_exp", []float32{1, 2}, gguf.ErrFormat, "list of 2, want one for each of 4 layers"},
		{"step35", "swiglu_clamp_shexp", "1", gguf.ErrFormat, ""},
		{"t5encoder", "attention.relative_buckets_count", nil, gguf.ErrFormat, "missing"},
		{"t5encoder", "attention.relative_buckets_count", uint32(18), gguf.ErrFormat, "18, want a multiple of 4 below 512"},
		{"modern-bert", "hidden_activation", "tanh", llama.ErrUnsupported, `"tanh", known are gelu, silu`},
	} {
		t.Run(c.model+"/"+c.key, func(t *testing.T) {
			i := slices.IndexFunc(synthetics, func(m synthetic) bool { return m.name == c.model })
			f := synthetics[i].file()
			f.set(synthetics[i].arch+"."+c.key, c.value)
			wantError(t, f, c.is, c.says, c.key[strings.LastIndexByte(c.key, '.')+1:])
		})
	}
}

// TestXIELUErrors has parameters of xIELU that do not fit.
func TestXIELUErrors(t *testing.T) {
	i := slices.IndexFunc(synthetics, func(m synthetic) bool { return m.name == "apertus" })
	for _, value := range []any{nil, []float32{1, 2, 3}, "1"} {
		f := synthetics[i].file()
		f.set("xielu.beta", value)
		if _, err := llama.ReadConfig(f.open(t)); err == nil || !strings.Contains(err.Error(), "xielu.beta") {
			t.Errorf("%v: got %v, want an error about xielu.beta", value, err)
		}
	}
}
