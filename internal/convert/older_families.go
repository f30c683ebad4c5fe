package convert

import (
	"math"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
	"github.com/querent-ai/chord/simd"
)

// olderFamilies are further dense families: some whose queries, keys and values are
// one matrix, and Gemma 3n.
var olderFamilies = []family{
	{
		arch: "gemma3n", from: []string{"Gemma3nForCausalLM", "Gemma3nForConditionalGeneration"}, gelu: true, tied: true, windowEvery: 5, adapt: gemma3nConfig,
		names: gemma3nNames, special: gemma3nTensors, keys: gemma3nKeys, vocab: []vocabulary{sentencePiece{noPrefix: true}, byteBPE{}},
		fixed: map[string][]string{"laurel_rank": {"64"}, "altup_num_inputs": {"4"}, "altup_active_idx": {"0"}, "altup_correct_scale": {"true"}},
		rules: []rule{
			{"final_logit_softcapping", real, from("final_logit_softcapping"), nil},
			{"attention.sliding_window", count, from("sliding_window"), nil},
			{"attention.shared_kv_layers", count, from("num_kv_shared_layers"), uint32(0)},
			{"embedding_length_per_layer_input", count, from("hidden_size_per_layer_input"), uint32(256)},
			{"altup.num_inputs", count, from("altup_num_inputs"), nil},
			{"altup.active_idx", count, from("altup_active_idx"), nil},
		},
		defaults: map[string]any{"head_dim": 256, "rms_norm_eps": 1e-6, "rope_theta": 1000000, "rope_local_base_freq": 10000, "final_logit_softcapping": 30.0,
			"altup_num_inputs": 4, "altup_active_idx": 0},
	},
	{
		arch: "hunyuan-dense", from: []string{"HunYuanDenseV1ForCausalLM"}, adapt: hunyuanConfig, names: hunyuanNames, keys: hunyuanRope, vocab: bpeOnly,
		pre: map[string]string{"deepseek-v3": "hunyuan-dense"}, defaults: map[string]any{"rope_theta": 10000},
		fixed: map[string][]string{"use_qk_norm": {"true"}, "use_cla": {"false"}, "use_mla": {"false"}},
	},
	{
		arch: "apertus", from: []string{"ApertusForCausalLM"}, act: []string{"xielu"}, special: apertusTensors, finish: apertusFinish, llama3: true, vocab: bpeOnly,
		names:    map[string]string{"attention_layernorm": "attn_norm", "feedforward_layernorm": "ffn_norm"},
		fixed:    map[string][]string{"qk_norm": {"true"}, "post_norm": {"false"}},
		defaults: map[string]any{"rope_theta": 12000000}, rules: llamaRules,
	},
	{
		arch: "phi2", from: []string{"PhiForCausalLM"}, gelu: true, vocab: bpeOnly, pre: map[string]string{"gpt2": "phi-2"},
		names: map[string]string{"self_attn.dense": "attn_output", "mlp.fc1": "ffn_up", "final_layernorm": "output_norm"},
		fixed: map[string][]string{"qk_layernorm": {"false"}}, defaults: map[string]any{"rope_theta": 10000, "partial_rotary_factor": 0.5, "layer_norm_eps": 1e-5},
		rules: []rule{
			{"rope.dimension_count", count, from(nRopeDim), nil},
			{"feed_forward_length", count, from("intermediate_size", nFourDim), nil},
		},
	},
	{
		arch: "gptneox", from: []string{"GPTNeoXForCausalLM"}, gelu: true, special: splitThrice, vocab: bpeOnly, pre: map[string]string{"gpt2": "olmo"},
		names: map[string]string{
			"embed_in": "token_embd", "embed_out": "output", "final_layer_norm": "output_norm", "attention.query_key_value": "attn_qkv",
			"attention.dense": "attn_output", "mlp.dense_h_to_4h": "ffn_up", "mlp.dense_4h_to_h": "ffn_down",
		},
		defaults: map[string]any{"rotary_emb_base": 10000, "layer_norm_eps": 1e-5, "rotary_pct": 0.25},
		rules: []rule{
			{"rope.dimension_count", count, from(nRopeDim), nil},
			{"use_parallel_residual", flag, from("use_parallel_residual"), true},
		},
	},
	{
		arch: "falcon", from: []string{"FalconForCausalLM", "RWForCausalLM"}, gelu: true, adapt: falconConfig, special: splitGroups, vocab: bpeOnly,
		names: map[string]string{
			"word_embeddings": "token_embd", "ln_attn": "attn_norm_2", "ln_mlp": "attn_norm", "self_attention.query_key_value": "attn_qkv",
			"self_attention.dense": "attn_output", "mlp.dense_h_to_4h": "ffn_up", "mlp.dense_4h_to_h": "ffn_down",
		},
		fixed:    map[string][]string{"alibi": {"false"}, "parallel_attn": {"true"}, "bias": {"false"}},
		defaults: map[string]any{"rope_theta": 10000, "layer_norm_epsilon": 1e-5, "max_position_embeddings": 2048},
		rules: []rule{
			{"feed_forward_length", count, from("ffn_hidden_size", nFourDim), nil},
			{"tensor_data_layout", text, nil, "jploski"},
		},
	},
	{
		arch: "internlm2", from: []string{"InternLM2ForCausalLM"}, special: internLM2Tensors, vocab: llamaVocab, rules: llamaRules,
		names: map[string]string{
			"tok_embeddings": "token_embd", "attention_norm": "attn_norm", "ffn_norm": "ffn_norm", "attention.wo": "attn_output",
			"feed_forward.w1": "ffn_gate", "feed_forward.w3": "ffn_up", "feed_forward.w2": "ffn_down", "output": "output",
		},
		defaults: map[string]any{"rope_theta": 10000},
	},
	{
		arch: "minicpm", from: []string{"MiniCPMForCausalLM"}, permute: true, longRope: true, rules: llamaRules, keys: miniCPMKeys, vocab: llamaVocab,
		fixed:    map[string][]string{"num_experts": {"0"}},
		defaults: map[string]any{"rope_theta": 10000, "rms_norm_eps": 1e-5, "scale_emb": 1, "scale_depth": 1, "dim_model_base": 1},
	},
}

// hunyuanNames are the tensors of Hunyuan that others call otherwise.
var hunyuanNames = map[string]string{
	"self_attn.query_layernorm": "attn_q_norm", "self_attn.key_layernorm": "attn_k_norm", "mlp.gate.wg": "ffn_gate_inp",
	"mlp.shared_mlp.gate_proj": "ffn_gate_shexp", "mlp.shared_mlp.up_proj": "ffn_up_shexp", "mlp.shared_mlp.down_proj": "ffn_down_shexp",
}

// hunyuanConfig replaces lists of one number for each layer by the number, removes
// the experts of a dense model, and gives the end of texts its usual name.
func hunyuanConfig(c *config) {
	for _, key := range []string{"moe_topk", "moe_intermediate_size", "num_shared_expert"} {
		c.same(key)
	}
	if n, ok := c.count("num_experts"); ok && n <= 1 {
		delete(c.values, "num_experts")
	}
	if n, ok := number(c.values["eod_token_id"]); ok && n >= 0 {
		c.values["eos_token_id"] = c.values["eod_token_id"]
	}
}

// same replaces a list of equal numbers by the number.
func (c *config) same(key string) {
	list := c.list(key)
	for _, v := range list {
		x, ok := number(v)
		if first, _ := number(list[0]); !ok || x != first {
			c.fail(key, "%.40v, want the same number for all layers", v)
			return
		}
	}
	if len(list) > 0 {
		c.values[key] = list[0]
	}
}

// hunyuanRope returns the base of Hunyuan's frequencies, which alpha raises.
func hunyuanRope(arch string, c *config) []gguf.KV {
	r := ropeOf(c)
	alpha, ok := r.real("alpha")
	base, _ := r.real("rope_theta")
	dim, _ := number(c.values[nHeadDim])
	if !ok || alpha <= 0 || dim <= 2 || r.str("rope_type") != "dynamic" {
		return nil
	}
	return []gguf.KV{
		{Key: arch + ".rope.freq_base", Value: float32(base * simd.Pow(alpha, dim/(dim-2)))},
		{Key: arch + ".rope.scaling.type", Value: "none"},
	}
}

// falconConfig gives the number of key heads its usual name; models whose heads of
// queries share one head of keys may not say it.
func falconConfig(c *config) {
	n, ok := c.count("num_kv_heads", "n_head_kv")
	switch {
	case c.flag("new_decoder_architecture") && ok:
		c.values["num_key_value_heads"] = n
	case c.flag("multi_query") || c.values["multi_query"] == nil:
		c.values["num_key_value_heads"] = 1
	default:
		c.fail("multi_query", "false, in a model of the older kind: its rows have another order")
	}
}

// splitGroups adds queries, keys and values in GGUF's order: those of each group of
// heads follow each other.
func splitGroups(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if n.part != "self_attention.query_key_value" {
		return false, nil
	}
	return true, b.reorder(n, src)
}

// splitThrice adds queries, keys and values that are in turn in each head.
func splitThrice(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if n.part != "attention.query_key_value" {
		return false, nil
	}
	return true, b.reorder(n, src)
}

// reorder adds attn_qkv: the rows of all queries, of all keys and of all values.
func (b *builder) reorder(n name, src *safetensors.Tensor) error {
	groups, per, dim, err := b.groups(src)
	if err != nil {
		return err
	}
	v := rowsOf(whole(src), src.Shape)
	return b.add(n.in("attn_qkv"), src.Shape, v.regrouped(0, groups, per, dim), v.regrouped(1, groups, per, dim), v.regrouped(2, groups, per, dim))
}

// internLM2Tensors adds the matrices of attention, which are one tensor, with the
// rows of queries and keys in GGUF's order.
func internLM2Tensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if n.part != "attention.wqkv" {
		return false, nil
	}
	groups, per, dim, err := b.groups(src)
	if err != nil || dim%2 != 0 || len(src.Shape) != 2 {
		return false, err
	}
	for part, to := range []string{"attn_q", "attn_k", "attn_v"} {
		v := whole(src).regrouped(part, groups, per, dim)
		if part < 2 {
			plain, neighbours := v.row, v.permuted(v.rows/dim).row
			v.row = func(r int) int { return plain(neighbours(r)) }
		}
		if err := b.add(n.in(to), []int{v.rows, src.Shape[1]}, v); err != nil {
			return false, err
		}
	}
	return true, nil
}

// miniCPMKeys returns the factors of MiniCPM.
func miniCPMKeys(arch string, c *config) []gguf.KV {
	out := longRopeKeys(arch, c)
	add := func(key string, x float64) { out = append(out, gguf.KV{Key: arch + "." + key, Value: float32(x)}) }
	if x, ok := c.real("scale_emb"); ok {
		add("embedding_scale", x)
	}
	if x, ok := c.real("scale_depth"); ok {
		add("residual_scale", x/math.Sqrt(float64(c.need(nLayers))))
	}
	if n, ok := c.count("dim_model_base"); ok && n > 0 {
		add("logit_scale", float64(c.need("hidden_size"))/float64(n))
	}
	return out
}
