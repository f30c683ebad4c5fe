package convert

import (
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// mixtureFamilies are further families with mixtures of experts.
var mixtureFamilies = []family{
	{
		arch: "llama4", from: []string{"Llama4ForConditionalGeneration", "Llama4ForCausalLM"}, adapt: llama4Config, llama3: true, names: llama4Names, special: llama4Tensors,
		vocab: bpeOnly, pre: map[string]string{"gpt-4o": "llama4"}, keys: llama4Keys, defaults: map[string]any{"rope_theta": 500000},
		fixed: map[string][]string{"attention_chunk_size": {"8192"}, "floor_scale": {"8192"}, "attn_scale": {"0.1"}, "attn_temperature_tuning": {"true", "1", "4"}},
		rules: append(llamaRules[:len(llamaRules):len(llamaRules)],
			rule{"interleave_moe_layer_step", count, from("interleave_moe_layer_step"), uint32(1)},
			rule{"expert_feed_forward_length", count, from("moe_intermediate_size"), nil}),
	},
	{
		arch: "mistral4", from: []string{"Mistral3ForConditionalGeneration", "Mistral4ForCausalLM"}, when: isMistral4,
		defaults: map[string]any{"rms_norm_eps": 1e-6}, names: latentNames, rules: latentRules, keys: mistral4Keys, special: mistral4Tensors, vocab: bpeOnly,
	},
	{
		arch: "hunyuan-moe", from: []string{"HunYuanMoEV1ForCausalLM"}, adapt: hunyuanConfig, names: hunyuanNames, keys: hunyuanRope, vocab: bpeOnly,
		pre: map[string]string{"qwen2": "hunyuan"}, defaults: map[string]any{"rope_theta": 10000},
		fixed: map[string][]string{"use_qk_norm": {"true"}, "norm_topk_prob": {"true"}, "use_cla": {"false"}, "use_mla": {"false"}, "moe_drop_tokens": {"false"}},
		rules: []rule{
			{"expert_used_count", count, from("moe_topk"), nil},
			{"expert_feed_forward_length", count, from("moe_intermediate_size"), nil},
			{"expert_shared_feed_forward_length", count, from("intermediate_size"), nil},
			{"expert_shared_count", count, from("num_shared_expert"), nil},
		},
	},
	{
		arch: "bailingmoe2", from: []string{"BailingMoeV2ForCausalLM"}, dropNextN: true, special: probsBias, vocab: bpeOnly, pre: map[string]string{"qwen2": "bailingmoe2"},
		defaults: map[string]any{"partial_rotary_factor": 0.5, "score_function": "sigmoid"},
		names: map[string]string{
			"word_embeddings": "token_embd", "attention.query_key_value": "attn_qkv", "attention.dense": "attn_output",
			"attention.query_layernorm": "attn_q_norm", "attention.key_layernorm": "attn_k_norm",
		},
		rules: append(routerRules[:len(routerRules):len(routerRules)],
			rule{"rope.dimension_count", count, from(nRopeDim), nil},
			rule{"vocab_size", count, from("vocab_size"), nil},
			rule{"expert_shared_count", count, from("num_shared_experts"), nil},
			rule{"expert_shared_feed_forward_length", count, from("moe_intermediate_size"), nil}),
	},
	{
		arch: "afmoe", from: []string{"AfmoeForCausalLM"}, windowEvery: 4, special: probsBias, vocab: bpeOnly,
		fixed:    map[string][]string{"mup_enabled": {"true"}, "global_attn_every_n_layers": {"4"}},
		defaults: map[string]any{"score_func": "sigmoid"},
		names: map[string]string{
			"self_attn.gate_proj": "attn_gate", "mlp.router.gate": "ffn_gate_inp", "post_attention_layernorm": "post_attention_norm",
			"pre_mlp_layernorm": "ffn_norm", "post_mlp_layernorm": "post_ffw_norm",
		},
		rules: []rule{
			{"leading_dense_block_count", count, from("num_dense_layers"), uint32(0)},
			{"expert_feed_forward_length", count, from("moe_intermediate_size"), nil},
			{"expert_shared_count", count, from("num_shared_experts"), nil},
			{"expert_weights_norm", flag, from("route_norm"), nil},
			{"expert_weights_scale", real, from("route_scale"), nil},
			{"attention.sliding_window", count, from("sliding_window"), nil},
			{"vocab_size", count, from("vocab_size"), nil},
		},
	},
	{
		arch: "exaone-moe", from: []string{"ExaoneMoEForCausalLM", "ExaoneMoeForCausalLM"}, windowEvery: 4, special: probsBias, vocab: bpeOnly,
		defaults: map[string]any{"scoring_func": "sigmoid"},
		rules: append(routerRules[1:len(routerRules):len(routerRules)],
			rule{"leading_dense_block_count", count, from("first_k_dense_replace", "first_last_k_dense_replace"), uint32(0)},
			rule{"expert_shared_count", count, from("num_shared_experts"), nil},
			rule{"attention.sliding_window", count, from("sliding_window"), nil},
			rule{"rope.scaling.type", text, nil, "none"},
			rule{"vocab_size", count, from("vocab_size"), nil}),
	},
	{
		arch: "mimo2", from: []string{"MiMoV2FlashForCausalLM", "MiMoV2ForCausalLM"}, special: probsBias, vocab: bpeOnly, keys: mimo2Keys,
		fixed: map[string][]string{"norm_topk_prob": {"true"}, "n_group": {"1"}, "n_shared_experts": {}, "routed_scaling_factor": {"1", "1.0"}, "topk_method": {"noaux_tc"}},
		names: map[string]string{"self_attn.attention_sink_bias": "attn_sinks"},
		rules: []rule{
			{"rope.dimension_count", count, from(nRopeDim), nil},
			{"attention.layer_norm_rms_epsilon", real, from("layernorm_epsilon", "rms_norm_eps"), float32(1e-5)},
			{"attention.sliding_window", count, from("sliding_window"), nil},
			{"attention.value_length", count, from("v_head_dim"), nil},
			{"attention.value_scale", real, from("attention_value_scale"), nil},
			{"expert_feed_forward_length", count, from("moe_intermediate_size"), nil},
		},
	},
	{
		arch: "phimoe", from: []string{"PhiMoEForCausalLM", "PhimoeForCausalLM"}, keys: longRopeKeys, longRope: true, vocab: []vocabulary{phi3Vocab{}},
		rules: []rule{
			{"rope.scaling.original_context_length", count, from("original_max_position_embeddings"), uint32(4096)},
			{"rope.dimension_count", count, from(nRopeDim), nil},
		},
	},
	{
		arch: "dbrx", from: []string{"DbrxForCausalLM"}, adapt: dbrxConfig, special: dbrxTensors, clips: true, vocab: bpeOnly, pre: map[string]string{"llama3": "dbrx"},
		names: map[string]string{
			"norm_attn_norm.norm_1": "attn_norm", "norm_attn_norm.norm_2": "attn_output_norm", "norm_attn_norm.attn.Wqkv": "attn_qkv",
			"norm_attn_norm.attn.out_proj": "attn_output", "ffn.router.layer": "ffn_gate_inp", "norm_f": "output_norm",
		},
		rules: []rule{
			{"attention.layer_norm_epsilon", real, nil, float32(1e-5)},
			{"attention.clamp_kqv", real, from("clip_qkv"), nil},
		},
	},
}

// llama4Names are the tensors of Llama 4.
var llama4Names = map[string]string{
	"feed_forward.gate_proj": "ffn_gate", "feed_forward.up_proj": "ffn_up", "feed_forward.down_proj": "ffn_down", "feed_forward.router": "ffn_gate_inp",
	"feed_forward.shared_expert.gate_proj": "ffn_gate_shexp", "feed_forward.shared_expert.up_proj": "ffn_up_shexp", "feed_forward.shared_expert.down_proj": "ffn_down_shexp",
}

// llama4Config gives the width of experts, which Llama 4 calls as others call that
// of dense networks, its usual name.
func llama4Config(c *config) {
	if dense, ok := c.count("intermediate_size_mlp"); ok {
		c.setDefault("moe_intermediate_size", c.values["intermediate_size"])
		c.values["intermediate_size"] = dense
	}
	list, step := c.list("moe_layers"), 1
	if n, ok := c.count("interleave_moe_layer_step"); ok && n > 0 {
		step = n
	}
	for i, v := range list {
		if n, ok := number(v); !ok || n != float64(step*(i+1)-1) {
			c.fail("moe_layers", "%.40v, want every layer that interleave_moe_layer_step %d gives", v, step)
			return
		}
	}
}

// llama4Keys returns the window of models without any: full attention everywhere.
func llama4Keys(arch string, c *config) []gguf.KV {
	for _, t := range c.list("layer_types") {
		if t != "full_attention" {
			return nil
		}
	}
	if len(c.list("layer_types")) > 0 {
		return []gguf.KV{{Key: arch + ".attention.sliding_window", Value: uint32(0)}}
	}
	return nil
}

// llama4Tensors adds the experts of Llama 4, which are transposed.
func llama4Tensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	n.part = strings.Replace(n.part, "feed_forward.experts.", "mlp.experts.", 1)
	return splitTransposed(b, n, src)
}

// isMistral4 reports whether a Mistral 3 with pictures has the text model of
// Mistral 4.
func isMistral4(c *config) bool { return c.str("model_type") == "mistral4" }

// mistral4Keys returns the keys of attention of low rank, and how its queries grow
// with the position.
func mistral4Keys(arch string, c *config) []gguf.KV {
	out, r := latentKeys(arch, c), ropeOf(c)
	beta, ok := r.real("llama_4_scaling_beta")
	if !ok || beta == 0 {
		return out
	}
	return append(out, gguf.KV{Key: arch + ".attention.temperature_scale", Value: float32(beta)},
		gguf.KV{Key: arch + ".attention.temperature_length", Value: uint32(r.need("original_max_position_embeddings"))})
}

// mistral4Tensors adds the factors of keys and values, and the experts.
func mistral4Tensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if done, err := splitFused(b, n, src); done || err != nil {
		return done, err
	}
	return splitLatent(b, n, src)
}

// mimo2Keys returns what differs between the layers of MiMo 2 with a window and
// those without.
func mimo2Keys(arch string, c *config) []gguf.KV {
	layers, pattern := c.need(nLayers), c.list("hybrid_layer_pattern")
	if len(pattern) != layers {
		c.fail("hybrid_layer_pattern", "list of %d, want one for each of %d layers", len(pattern), layers)
		return nil
	}
	for _, names := range [][2]string{{"swa_head_dim", "head_dim"}, {"swa_v_head_dim", "v_head_dim"}, {"swa_num_attention_heads", "num_attention_heads"}} {
		if n, ok := c.count(names[0]); ok && n != c.need(names[1]) {
			c.fail(names[0], "%d, want %s", n, names[1])
		}
	}
	full, swa := c.need(nKVHeads), c.need("swa_num_key_value_heads", nKVHeads)
	windowed, heads := make([]bool, layers), make([]int32, layers)
	for i, v := range pattern {
		n, ok := number(v)
		if !ok || n != 0 && n != 1 {
			c.fail("hybrid_layer_pattern", "%.40v in layer %d, want 0 or 1", v, i)
			return nil
		}
		windowed[i], heads[i] = n == 1, int32(full)
		if windowed[i] {
			heads[i] = int32(swa)
		}
	}
	return []gguf.KV{{Key: arch + ".attention.sliding_window_pattern", Value: windowed}, {Key: arch + ".attention.head_count_kv", Value: heads}}
}

// dbrxConfig moves the values of DBRX's two nested objects to the top, and gives all
// of them their usual names.
func dbrxConfig(c *config) {
	move := func(from *config, names ...string) {
		for i := 0; i < len(names); i += 2 {
			if _, v, ok := from.get(names[i]); ok {
				c.setDefault(names[i+1], v)
			}
		}
	}
	move(c, "d_model", "hidden_size", "n_layers", "num_hidden_layers", "n_heads", "num_attention_heads", "max_seq_len", "max_position_embeddings")
	move(c.object("attn_config"), "kv_n_heads", "num_key_value_heads", "rope_theta", "rope_theta", "clip_qkv", "clip_qkv")
	ffn := c.object("ffn_config")
	move(ffn, "ffn_hidden_size", "intermediate_size", "moe_num_experts", "num_local_experts", "moe_top_k", "num_experts_per_tok")
	if p, ok := ffn.real("moe_normalize_expert_weights"); ok && p != 1 {
		c.fail("moe_normalize_expert_weights", "%g, want 1", p)
	}
	if act := ffn.object("ffn_act_fn").str("name"); act != "" {
		c.setDefault("hidden_act", act)
	}
}

// dbrxTensors adds the experts, whose rows follow each other in one matrix; those of
// the last matrix are transposed.
func dbrxTensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	to := map[string]string{"ffn.experts.mlp.w1": "ffn_gate_exps", "ffn.experts.mlp.v1": "ffn_up_exps", "ffn.experts.mlp.w2": "ffn_down_exps"}[n.part]
	if to == "" {
		return false, nil
	}
	return true, b.stackedRows(n.in(to), src, to == "ffn_down_exps")
}
