package convert

import (
	"fmt"
	"slices"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// moreFamilies are families of dense models and of mixtures of experts whose
// routers have a bias, groups or sigmoids, and of the text parts of models that
// see.
var moreFamilies = []family{
	{
		arch: "qwen2vl", from: []string{"Qwen2VLForConditionalGeneration", "Qwen2_5_VLForConditionalGeneration"},
		defaults: map[string]any{"rope_theta": 1000000}, keys: sectionKeys, sections: true, vocab: spmOrBPE,
	},
	{
		arch: "qwen3vl", from: []string{"Qwen3VLForConditionalGeneration"},
		defaults: map[string]any{"head_dim": 128}, keys: sectionKeys, sections: true, vocab: spmOrBPE,
	},
	{
		arch: "qwen3vlmoe", from: []string{"Qwen3VLMoeForConditionalGeneration"}, rules: qwenMoE, special: splitTransposed,
		fixed: map[string][]string{"norm_topk_prob": {"true"}}, keys: sectionKeys, sections: true, vocab: bpeOnly,
	},
	{
		arch: "glm4moe", from: []string{"Glm4MoeForCausalLM"}, vocab: glmVocab, pre: map[string]string{"llama3": "glm4"}, dropNextN: true, special: probsBias,
		defaults: map[string]any{"partial_rotary_factor": 0.5, "rope_theta": 10000, "scoring_func": "sigmoid"},
		names:    map[string]string{"post_attention_layernorm": "post_attention_norm"},
		rules:    append([]rule{{"rope.dimension_count", count, from(nRopeDim), nil}}, routerRules...),
	},
	{
		arch: "deepseek2", from: []string{"DeepseekV2ForCausalLM", "DeepseekV3ForCausalLM"}, vocab: bpeOnly, dropNextN: true, special: splitLatent,
		defaults: map[string]any{"rms_norm_eps": 1e-6, "kv_lora_rank": 512, "rope_theta": 10000}, names: latentNames, rules: latentRules, keys: latentKeys,
	},
	{
		arch: "deepseek2", from: []string{"Glm4MoeLiteForCausalLM"}, vocab: glmVocab, pre: map[string]string{"llama3": "glm4"}, dropNextN: true, special: splitLatent,
		defaults: map[string]any{"rms_norm_eps": 1e-6, "scoring_func": "sigmoid", "rope_theta": 10000}, names: latentNames, rules: latentRules, keys: latentKeys,
	},
	{
		arch: "gemma4", from: []string{"Gemma4ForCausalLM", "Gemma4ForConditionalGeneration", "Gemma4UnifiedForConditionalGeneration"}, gelu: true, tied: true,
		defaults: map[string]any{"head_dim": 256, "global_head_dim": 512, "rms_norm_eps": 1e-6}, rules: gemma4Rules, names: gemma4Names, keys: gemma4Keys,
		special: gemma4Scales, finish: addProportional, vocab: []vocabulary{gemma4BPE{}},
	},
	{
		arch: "dots1", from: []string{"Dots1ForCausalLM"}, vocab: bpeOnly, special: probsBias,
		defaults: map[string]any{"rope_theta": 10000, "scoring_func": "sigmoid"}, rules: routerRules,
	},
	{
		arch: "ernie4_5", from: []string{"Ernie4_5_ForCausalLM", "Ernie4_5ForCausalLM"}, vocab: []vocabulary{sentencePiece{prefixKey: true}, byteBPE{}},
		defaults: map[string]any{"rope_theta": 10000, "rms_norm_eps": 1e-5},
	},
	{
		arch: "ernie4_5-moe", from: []string{"Ernie4_5_MoeForCausalLM"}, vocab: []vocabulary{sentencePiece{prefixKey: true}, byteBPE{}}, special: probsBias,
		defaults: map[string]any{"rope_theta": 10000, "rms_norm_eps": 1e-5}, keys: ernieKeys,
		rules: []rule{
			{"expert_used_count", count, from("moe_k"), nil},
			{"interleave_moe_layer_step", count, from("moe_layer_interval"), uint32(1)},
			{"leading_dense_block_count", count, from("moe_layer_start_index"), uint32(0)},
			{"expert_feed_forward_length", count, from("moe_intermediate_size"), nil},
			{"expert_shared_count", count, from("moe_num_shared_experts"), nil},
		},
	},
	{
		arch: "minimax-m2", from: []string{"MiniMaxM2ForCausalLM"}, vocab: bpeOnly, special: probsBias, pre: map[string]string{"gpt-4o": "minimax-m2"},
		defaults: map[string]any{"scoring_func": "sigmoid", "rope_theta": 10000},
		rules: []rule{
			{"expert_feed_forward_length", count, from("intermediate_size"), nil},
			{"rope.dimension_count", count, from("rotary_dim", nRopeDim), nil},
		},
	},
	{
		arch: "modern-bert", from: []string{"ModernBertModel"}, act: slices.Concat(geluNames, siluNames), encoder: true, pools: true, vocab: []vocabulary{textsBPE{}}, pre: map[string]string{"gpt2": "modern-bert"},
		names: modernBertNames,
		rules: []rule{
			{"attention.causal", flag, nil, false},
			{"attention.layer_norm_epsilon", real, from("norm_eps"), float32(1e-5)},
			{"attention.sliding_window", count, from("local_attention"), uint32(128)},
			{"attention.sliding_window_pattern", count, from("global_attn_every_n_layers"), uint32(3)},
			{"rope.scaling.type", text, nil, "none"},
			{"vocab_size", count, from("vocab_size"), nil},
			{"hidden_activation", text, from("hidden_activation"), nil},
		},
		defaults: map[string]any{"global_rope_theta": 160000, "local_rope_theta": 10000},
	},
	{arch: "seed_oss", from: []string{"SeedOssForCausalLM"}, vocab: bpeOnly, names: map[string]string{"post_attention_layernorm": "post_attention_norm"}},
	{
		arch: "exaone4", from: []string{"Exaone4ForCausalLM"}, vocab: bpeOnly, llama3: true, pre: map[string]string{"gpt2": "exaone4"}, windowEvery: 4,
		names: map[string]string{"post_attention_layernorm": "post_attention_norm"},
		rules: []rule{{"vocab_size", count, from("vocab_size"), nil}, {"attention.sliding_window", count, from("sliding_window"), nil}},
	},
	{
		arch: "arcee", from: []string{"ArceeForCausalLM"}, permute: true, rules: llamaRules, llama3: true, vocab: llamaVocab,
		relu2:    true,
		defaults: map[string]any{"rope_theta": 10000, "rms_norm_eps": 1e-6},
	},
	{
		arch: "olmo", from: []string{"OlmoForCausalLM"}, permute: true, vocab: bpeOnly, pre: map[string]string{"gpt2": "olmo"}, clips: true,
		defaults: map[string]any{"rope_theta": 10000},
		rules: []rule{
			{"attention.layer_norm_epsilon", real, nil, float32(1e-5)},
			{"attention.clamp_kqv", real, from("clip_qkv"), nil},
		},
	},
	{
		arch: "command-r", from: []string{"CohereForCausalLM"}, vocab: bpeOnly, pre: map[string]string{"digits": "command-r"}, zeroBias: true,
		defaults: map[string]any{"rope_theta": 10000, "layer_norm_eps": 1e-5},
		rules: []rule{
			{"logit_scale", real, from("logit_scale"), float32(0.0625)},
			{"rope.scaling.type", text, nil, "none"},
		},
	},
	{
		arch: "nemotron", from: []string{"NemotronForCausalLM"}, vocab: spmOrBPE, addOne: true, relu2: true,
		defaults: map[string]any{"rope_theta": 10000, "partial_rotary_factor": 0.5, "norm_eps": 1e-5},
		rules: []rule{
			{"rope.dimension_count", count, from(nRopeDim), nil},
			{"attention.layer_norm_epsilon", real, from("norm_eps", "layer_norm_eps"), nil},
		},
	},
}

// glmVocab is the vocabulary of the GLM models.
var glmVocab = []vocabulary{byteBPE{ends: "<|endoftext|>", turn: "<|user|>"}}

// routerRules are the keys of mixtures whose routers have sigmoids, a bias and
// groups of experts.
var routerRules = []rule{
	{"leading_dense_block_count", count, from("first_k_dense_replace"), uint32(0)},
	{"expert_feed_forward_length", count, from("moe_intermediate_size"), nil},
	{"expert_shared_count", count, from("n_shared_experts"), nil},
	{"expert_weights_scale", real, from("routed_scaling_factor"), nil},
	{"expert_weights_norm", flag, from("norm_topk_prob"), nil},
}

// latentRules are the keys of attention with keys and values of low rank.
var latentRules = append(routerRules[:len(routerRules):len(routerRules)],
	rule{"vocab_size", count, from("vocab_size"), nil},
	rule{"attention.head_count_kv", count, nil, uint32(1)},
	rule{"attention.q_lora_rank", count, from("q_lora_rank"), uint32(0)},
	rule{"attention.kv_lora_rank", count, from("kv_lora_rank"), nil},
	rule{"attention.value_length", count, from("kv_lora_rank"), nil},
	rule{"attention.value_length_mla", count, from("v_head_dim"), nil},
	rule{"rope.dimension_count", count, from("qk_rope_head_dim"), nil},
)

// latentNames are the tensors of attention with keys and values of low rank.
var latentNames = map[string]string{
	"self_attn.q_a_proj": "attn_q_a", "self_attn.q_a_layernorm": "attn_q_a_norm", "self_attn.q_b_proj": "attn_q_b",
	"self_attn.kv_a_proj_with_mqa": "attn_kv_a_mqa", "self_attn.kv_a_layernorm": "attn_kv_a_norm",
}

// latentKeys returns the keys of attention with keys and values of low rank that
// are sums, and YaRN's multiplier.
func latentKeys(arch string, c *config) []gguf.KV {
	rank, rope, nope := c.need("kv_lora_rank"), c.need("qk_rope_head_dim"), c.need("qk_nope_head_dim")
	out := []gguf.KV{
		{Key: arch + ".attention.key_length", Value: uint32(rank + rope)},
		{Key: arch + ".attention.key_length_mla", Value: uint32(nope + rope)},
	}
	if all, ok := ropeOf(c).real("mscale_all_dim"); ok && all != 0 {
		out = append(out, gguf.KV{Key: arch + ".rope.scaling.yarn_log_multiplier", Value: float32(0.1 * all)})
	}
	return out
}

// splitLatent adds the matrices that make keys and values of their factors, which
// are one tensor: for each head the rows of its key, transposed, and of its value.
func splitLatent(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if n.part != "self_attn.kv_b_proj" {
		return probsBias(b, n, src)
	}
	heads := b.c.need("num_attention_heads")
	key, value := b.c.need("qk_nope_head_dim"), b.c.need("v_head_dim")
	if len(src.Shape) != 2 || src.Shape[0]%heads != 0 || src.Shape[0]/heads != key+value {
		return false, fmt.Errorf("convert: tensor %q: shape %v, want %d heads of %d and %d rows", src.Name, src.Shape, heads, key, value)
	}
	rank := src.Shape[1]
	keys := view{src: src, rows: heads * rank, cols: key, rowStep: 1, colStep: rank,
		row: func(r int) int { return r/rank*(key+value)*rank + r%rank }}
	if err := b.add(n.in("attn_k_b"), []int{heads, rank, key}, keys); err != nil {
		return false, err
	}
	return true, b.add(n.in("attn_v_b"), []int{heads, value, rank}, whole(src).part(key+value, key, 1, value))
}

// probsBias adds the bias by which a router chooses experts.
func probsBias(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	switch n.part {
	case "mlp.gate.e_score_correction_bias", "mlp.moe_statics.e_score_correction_bias", "block_sparse_moe.e_score_correction_bias",
		"mixer.gate.e_score_correction_bias", "mlp.e_score_correction_bias", "mlp.gate.expert_bias", "mlp.expert_bias", "feed_forward.expert_bias":
	default:
		return false, nil
	}
	n.suffix = ".bias"
	return true, b.add(n.in("exp_probs_b"), []int{src.Len()}, whole(src))
}

// ernieKeys returns the width of Ernie's shared expert.
func ernieKeys(arch string, c *config) []gguf.KV {
	shared, _ := c.count("moe_num_shared_experts")
	if shared == 0 {
		return nil
	}
	width := c.need("moe_intermediate_size")
	if width > maxCount/shared {
		c.fail("moe_num_shared_experts", "%d experts of %d", shared, width)
		return nil
	}
	return []gguf.KV{{Key: arch + ".expert_shared_feed_forward_length", Value: uint32(shared * width)}}
}

// modernBertNames are the tensors of ModernBERT.
var modernBertNames = map[string]string{
	"embeddings.tok_embeddings": "token_embd", "embeddings.norm": "token_embd_norm", "final_norm": "output_norm",
	"attn.Wo": "attn_output", "attn_norm": "attn_norm", "mlp_norm": "ffn_norm", "mlp.Wi": "ffn_up", "mlp.Wo": "ffn_down",
}

// textsBPE is byte-level BPE of an embedder: texts have a token before and after.
type textsBPE struct{}

func (textsBPE) read(r *reading) (*vocab, error) {
	v, err := byteBPE{}.read(r)
	if err != nil {
		return nil, err
	}
	for _, role := range []string{"bos", "eos", "sep"} {
		v.more = setKey(v.more, "tokenizer.ggml.add_"+role+"_token", true)
	}
	return v, nil
}

// splitTransposed adds experts that are transposed: gates and ups in one tensor,
// gate columns before up columns, and downs.
func splitTransposed(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if len(src.Shape) != 3 {
		return false, nil
	}
	v, shape := transposed(src)
	switch n.part {
	case "mlp.experts.gate_up_proj":
		return true, b.halves(n, "ffn_gate_exps", "ffn_up_exps", v, shape, 1)
	case "mlp.experts.down_proj":
		return true, b.add(n.in("ffn_down_exps"), shape, v)
	}
	return false, nil
}

// sectionKeys returns the sections of RoPE, and the number of layers to which a
// picture is added.
func sectionKeys(arch string, c *config) []gguf.KV {
	var out []gguf.KV
	sections := make([]int32, 4)
	list := ropeOf(c).list("mrope_section")
	if len(list) == 0 || len(list) > len(sections) {
		c.fail("rope_scaling", "mrope_section: list of %d, want 1 to %d numbers", len(list), len(sections))
		return nil
	}
	for i, v := range list {
		x, ok := number(v)
		if !ok || x < 0 || x > maxHeadDim || x != float64(int(x)) {
			c.fail("rope_scaling", "mrope_section: %.40v, want whole numbers up to %d", v, maxHeadDim)
			return nil
		}
		sections[i] = int32(x)
	}
	out = append(out, gguf.KV{Key: arch + ".rope.dimension_sections", Value: sections})
	if arch != "qwen2vl" {
		deep := c.object("vision_config").list("deepstack_visual_indexes")
		out = append(out, gguf.KV{Key: arch + ".n_deepstack_layers", Value: uint32(len(deep))})
	}
	return out
}
