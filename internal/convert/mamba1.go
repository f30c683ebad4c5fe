package convert

import (
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// recurrentFamilies are those with Mamba 1.
var recurrentFamilies = []family{
	{
		arch: "mamba", from: []string{"MambaForCausalLM", "FalconMambaForCausalLM"}, own: true, noRope: true, vocab: bpeOnly, pre: map[string]string{"gpt2": "gpt-2"},
		names: map[string]string{"embeddings": "token_embd", "norm_f": "output_norm", "norm": "attn_norm",
			"mixer.in_proj": "ssm_in", "mixer.x_proj": "ssm_x", "mixer.dt_proj": "ssm_dt", "mixer.out_proj": "ssm_out"}, // for adapters
		keys: mamba1Keys, special: mamba1Tensors, defaults: map[string]any{"num_attention_heads": 1}, // which it has none of
		rules: []rule{
			{"context_length", count, nil, uint32(1 << 20)}, // no limit
			{"feed_forward_length", count, nil, uint32(0)},
			{"attention.head_count", count, nil, uint32(0)},
			{"attention.layer_norm_rms_epsilon", real, from("layer_norm_epsilon", "rms_norm_eps"), float32(1e-5)},
			{"ssm.conv_kernel", count, from("conv_kernel"), uint32(4)},
			{"ssm.inner_size", count, from("intermediate_size"), nil},
			{"ssm.state_size", count, from("state_size"), uint32(16)},
			{"ssm.time_step_rank", count, from("time_step_rank"), nil},
		},
	},
	{
		arch: "jamba", from: []string{"JambaForCausalLM"}, noRope: true, vocab: []vocabulary{sentencePiece{}, fallbackBPE{}, byteBPE{}},
		names: map[string]string{"final_layernorm": "output_norm", "pre_ff_layernorm": "ffn_norm",
			"feed_forward.gate_proj": "ffn_gate", "feed_forward.up_proj": "ffn_up", "feed_forward.down_proj": "ffn_down", "feed_forward.router": "ffn_gate_inp",
			"feed_forward.experts.gate_proj": "ffn_gate_exps", "feed_forward.experts.up_proj": "ffn_up_exps", "feed_forward.experts.down_proj": "ffn_down_exps",
			"mamba.in_proj": "ssm_in", "mamba.x_proj": "ssm_x", "mamba.dt_proj": "ssm_dt", "mamba.out_proj": "ssm_out"}, // for adapters
		keys: jambaKeys, special: mamba1Tensors,
		defaults: map[string]any{"rms_norm_eps": 1e-6, "num_experts": 16, "num_experts_per_tok": 2, "attn_layer_offset": 4, "attn_layer_period": 8, "mamba_expand": 2},
		rules: []rule{
			{"ssm.conv_kernel", count, from("mamba_d_conv"), uint32(4)},
			{"ssm.state_size", count, from("mamba_d_state"), uint32(16)},
		},
	},
}

func init() { families = slices.Concat(families, recurrentFamilies) }

// mamba1Keys returns whether Mamba has the norms of Falcon Mamba.
func mamba1Keys(arch string, c *config) []gguf.KV {
	return []gguf.KV{{Key: arch + ".ssm.dt_b_c_rms", Value: c.str("model_type") == "falcon_mamba"}}
}

// jambaKeys returns the keys that follow from several values: the heads of keys, 0 in
// layers of Mamba, and its widths.
func jambaKeys(arch string, c *config) []gguf.KV {
	dim, period := c.need("hidden_size"), c.need("attn_layer_period")
	offset, _ := c.count("attn_layer_offset")
	kv, _ := c.count(nKVHeads)
	n, _ := c.count(nLayers)
	heads := make([]int32, n) // at most maxLayers
	for i := range heads {
		if i >= offset && (i-offset)%period == 0 {
			heads[i] = int32(kv)
		}
	}
	rank := (dim + 15) / 16
	if _, isText := c.values["mamba_dt_rank"].(string); !isText { // "auto"
		if r, ok := c.count("mamba_dt_rank"); ok {
			rank = r
		}
	}
	inner := int64(c.need("mamba_expand")) * int64(dim)
	return []gguf.KV{
		{Key: arch + ".attention.head_count_kv", Value: heads},
		{Key: arch + ".ssm.inner_size", Value: uint32(min(inner, maxCount))},
		{Key: arch + ".ssm.time_step_rank", Value: uint32(rank)},
	}
}

// mamba1Parts are GGUF's names of the parts of Mamba.
var mamba1Parts = map[string]string{
	"in_proj": "ssm_in", "conv1d": "ssm_conv1d", "x_proj": "ssm_x", "dt_proj": "ssm_dt", "A_log": "ssm_a", "D": "ssm_d", "out_proj": "ssm_out",
	"dt_layernorm": "ssm_dt_norm", "b_layernorm": "ssm_b_norm", "c_layernorm": "ssm_c_norm",
}

// mamba1Tensors adds the tensors of Mamba: decays from their logarithms, the
// convolution without its second dimension of one element.
func mamba1Tensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	part, ok := strings.CutPrefix(n.part, "mixer.")
	if !ok {
		part, ok = strings.CutPrefix(n.part, "mamba.")
	}
	base := mamba1Parts[part]
	if !ok || base == "" {
		return false, nil
	}
	to, v, shape := n.in(base), whole(src), src.Shape
	switch {
	case part == "A_log" || part == "D":
		to = strings.TrimSuffix(to, ".weight")
		if part == "A_log" {
			v.change = minusExp
		}
	case len(shape) == 3 && shape[1] == 1:
		shape = []int{shape[0], shape[2]}
	}
	return true, b.add(to, shape, v)
}
