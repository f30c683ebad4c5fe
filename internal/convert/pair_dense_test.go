package convert

import (
	"slices"
	"strings"
)

// routerKV and routerConfig are of mixtures whose routers have sigmoids, a bias and
// groups of experts.
var (
	routerKV = map[string]any{"expert_feed_forward_length": uint32(24), "expert_shared_count": uint32(1), "leading_dense_block_count": uint32(1),
		"expert_gating_func": uint32(2), "expert_weights_norm": true, "expert_weights_scale": float32(2.5)}
	routerConfig = map[string]any{"n_routed_experts": pairExperts, "num_experts_per_tok": pairUsed, "n_shared_experts": 1, "moe_intermediate_size": 24,
		"first_k_dense_replace": 1, "norm_topk_prob": true, "routed_scaling_factor": 2.5, "n_group": 1, "topk_group": 1}
	latentKV = map[string]any{"attention.head_count_kv": uint32(1), "attention.key_length": uint32(24), "attention.value_length": uint32(16),
		"attention.key_length_mla": uint32(20), "attention.value_length_mla": uint32(10), "attention.kv_lora_rank": uint32(16), "rope.dimension_count": uint32(8)}
	latentConfig = map[string]any{"kv_lora_rank": 16, "qk_nope_head_dim": 12, "qk_rope_head_dim": 8, "v_head_dim": 10, "q_lora_rank": nil}
)

// densePairs are the models of moreFamilies. Options of config.json are those of
// the families before.
var densePairs = []*pairModel{
	{name: "qwen2vl", arch: "qwen2vl", architecture: "Qwen2VLForConditionalGeneration", alias: true,
		kv:     map[string]any{"rope.dimension_sections": []int32{1, 2, 1, 0}, "rope.freq_base": float32(1e6)},
		config: map[string]any{"rope_scaling": map[string]any{"type": "mrope", "mrope_section": []int{1, 2, 1}}, "rope_theta": 1e6},
		layer:  func(p *pair, l int) { llamaLayer(p, l); p.biases(l, false) }},
	{name: "qwen3vl", arch: "qwen3vl", architecture: "Qwen3VLForConditionalGeneration", alias: true,
		kv: with(headKV, map[string]any{"rope.dimension_sections": []int32{2, 1, 1, 0}, "rope.freq_base": float32(1e6)}),
		config: map[string]any{"vision_config": map[string]any{"deepstack_visual_indexes": []int{1, 2}}, "text_config": with(headConfig, map[string]any{
			"rope_scaling": map[string]any{"rope_type": "default", "mrope_section": []int{2, 1, 1}, "mrope_interleaved": true}, "rope_theta": 1e6})},
		tidy:  renamed("model.", "model.language_model."),
		layer: func(p *pair, l int) { llamaLayer(p, l); p.headNorms(l) }},
	{name: "qwen3vlmoe", arch: "qwen3vlmoe", architecture: "Qwen3VLMoeForConditionalGeneration", alias: true,
		kv: mixture(with(headKV, map[string]any{"rope.dimension_sections": []int32{2, 1, 1, 0}, "expert_feed_forward_length": uint32(24)})),
		config: with(headConfig, map[string]any{"rope_scaling": map[string]any{"rope_type": "default", "mrope_section": []int{2, 1, 1}}, "num_experts": pairExperts,
			"num_experts_per_tok": pairUsed, "moe_intermediate_size": 24, "norm_topk_prob": true}),
		tidy: func(tensors []hf) []hf { return packExperts(tensors) },
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.headNorms(l)
			p.experts(l, 24)
		}},
	{name: "glm4moe", arch: "glm4moe", architecture: "Glm4MoeForCausalLM", alias: true, files: folder{"tokenizer.json": tokenizerFor("glm4")},
		kv:     mixture(with(headKV, with(routerKV, map[string]any{"rope.dimension_count": uint32(4)}))),
		config: with(headConfig, with(routerConfig, map[string]any{"partial_rotary_factor": 0.5, "attention_bias": true, "num_nextn_predict_layers": 1})),
		tidy: func(tensors []hf) []hf {
			return append(scoreBias(tensors), hf{name: "model.layers.2.eh_proj.weight", shape: []int{4}, x: make([]float32, 4)})
		},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "post_attention_norm")
			p.attention(l)
			p.biases(l, false)
			p.headNorms(l)
			routed(p, l)
		}},
	{name: "deepseek v3", arch: "deepseek2", architecture: "DeepseekV3ForCausalLM", alias: true,
		kv: mixture(with(latentKV, with(routerKV, map[string]any{"attention.q_lora_rank": uint32(14), "expert_group_count": uint32(2), "expert_group_used_count": uint32(1),
			"rope.scaling.type": "yarn", "rope.scaling.factor": float32(4), "rope.scaling.original_context_length": uint32(64),
			"rope.scaling.yarn_log_multiplier": float32(0.1)}))),
		config: with(latentConfig, with(routerConfig, map[string]any{"q_lora_rank": 14, "scoring_func": "sigmoid", "n_group": 2, "topk_group": 1,
			"rope_scaling": map[string]any{"type": "yarn", "factor": 4, "original_max_position_embeddings": 64, "mscale": 1.0, "mscale_all_dim": 1.0}})),
		tidy: func(tensors []hf) []hf { return joinLatent(scoreBias(tensors)) },
		layer: func(p *pair, l int) {
			p.blk(l, "attn_q_a", 14, p.shapes.dim)
			p.blk(l, "attn_q_a_norm", 14)
			p.blk(l, "attn_q_b", p.shapes.heads*20, 14)
			latent(p, l)
			routed(p, l)
		}},
	{name: "glm 4.7 flash", arch: "deepseek2", architecture: "Glm4MoeLiteForCausalLM", alias: true, files: folder{"tokenizer.json": tokenizerFor("glm4")},
		kv:     mixture(with(latentKV, routerKV)),
		config: with(latentConfig, routerConfig),
		tidy:   func(tensors []hf) []hf { return joinLatent(scoreBias(tensors)) },
		layer: func(p *pair, l int) {
			p.blk(l, "attn_q", p.shapes.heads*20, p.shapes.dim)
			latent(p, l)
			routed(p, l)
		}},
	{name: "gemma4", arch: "gemma4", architecture: "Gemma4ForConditionalGeneration", alias: true, tied: true, layers: 4,
		kv: with(gemma4KV, map[string]any{"attention.shared_kv_layers": uint32(2), "embedding_length_per_layer_input": uint32(12),
			"feed_forward_length": []int32{48, 48, 96, 96}}),
		config: map[string]any{"text_config": with(gemma4Config, map[string]any{"num_kv_shared_layers": 2, "hidden_size_per_layer_input": 12, "use_double_wide_mlp": true})},
		whole: func(p *pair) {
			gemma4Whole(p)
			p.add("per_layer_token_embd.weight", pairVocab, 48)
			p.add("per_layer_model_proj.weight", 48, p.shapes.dim)
			p.add("per_layer_proj_norm.weight", 12)
		},
		tidy: func(tensors []hf) []hf {
			tensors = renamed("model.", "model.language_model.")(gemma4Scalars(tensors))
			return append(tensors, hf{name: "model.embed_vision.embedding_projection.weight", shape: []int{4}, x: make([]float32, 4)})
		},
		layer: func(p *pair, l int) {
			gemma4Layer(p, l)
			p.dense(l, "", 48+l/2*48)
			p.blk(l, "inp_gate", 12, p.shapes.dim)
			p.blk(l, "proj", p.shapes.dim, 12)
			p.norms(l, "post_norm")
			p.blk(l, "layer_output_scale", 1)
		}},
	{name: "gemma4 mixture", arch: "gemma4", architecture: "Gemma4ForCausalLM", alias: true, tied: true, layers: 4,
		kv:     mixture(with(gemma4KV, map[string]any{"embedding_length_per_layer_input": uint32(0), "expert_feed_forward_length": uint32(24)})),
		config: with(gemma4Config, map[string]any{"num_kv_shared_layers": 0, "num_experts": pairExperts, "top_k_experts": pairUsed, "moe_intermediate_size": 24}),
		whole:  gemma4Whole, tidy: gemma4Scalars,
		layer: func(p *pair, l int) {
			gemma4Layer(p, l)
			p.dense(l, "", p.shapes.hidden)
			p.norms(l, "pre_ffw_norm_2", "post_ffw_norm_1", "post_ffw_norm_2")
			p.blk(l, "ffn_gate_inp", pairExperts, p.shapes.dim)
			p.blk(l, "ffn_gate_inp.scale", p.shapes.dim)
			p.blk(l, "ffn_gate_up_exps", pairExperts, 48, p.shapes.dim)
			p.blk(l, "ffn_down_exps", pairExperts, p.shapes.dim, 24)
			p.blk(l, "ffn_down_exps.scale", pairExperts)
		}},
	{name: "dots1", arch: "dots1", architecture: "Dots1ForCausalLM", alias: true, kv: mixture(with(headKV, routerKV)), config: with(headConfig, routerConfig),
		tidy: scoreBias,
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.headNorms(l)
			routed(p, l)
		}},
	{name: "ernie4_5", arch: "ernie4_5", architecture: "Ernie4_5ForCausalLM", alias: true, kv: headKV, config: headConfig, layer: llamaLayer},
	{name: "ernie4_5-moe", arch: "ernie4_5-moe", architecture: "Ernie4_5_MoeForCausalLM", alias: true,
		kv: mixture(map[string]any{"interleave_moe_layer_step": uint32(1), "leading_dense_block_count": uint32(1), "expert_feed_forward_length": uint32(24),
			"expert_shared_feed_forward_length": uint32(24)}),
		config: map[string]any{"moe_num_experts": pairExperts, "moe_k": pairUsed, "moe_layer_interval": 1, "moe_layer_start_index": 1, "moe_intermediate_size": 24,
			"moe_num_shared_experts": 1},
		tidy: func(tensors []hf) []hf {
			for i := range tensors {
				if h := &tensors[i]; strings.HasSuffix(h.name, "mlp.gate.scores.bias") {
					h.name, h.shape = strings.Replace(h.name, "gate.scores.bias", "moe_statics.e_score_correction_bias", 1), []int{1, len(h.x)}
				}
			}
			return tensors
		},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			routed(p, l)
		}},
	{name: "minimax-m2", arch: "minimax-m2", architecture: "MiniMaxM2ForCausalLM", alias: true,
		kv:     mixture(with(headKV, map[string]any{"expert_gating_func": uint32(2), "expert_feed_forward_length": uint32(48), "rope.dimension_count": uint32(4)})),
		config: with(headConfig, map[string]any{"num_local_experts": pairExperts, "num_experts_per_tok": pairUsed, "rotary_dim": 4}),
		tidy: func(tensors []hf) []hf {
			for i := range tensors {
				for _, x := range [][2]string{{"mlp.gate.scores.bias", "block_sparse_moe.e_score_correction_bias"}, {"mlp.gate.", "block_sparse_moe.gate."},
					{"mlp.experts.", "block_sparse_moe.experts."}, {".gate_proj.", ".w1."}, {".down_proj.", ".w2."}, {".up_proj.", ".w3."}} {
					tensors[i].name = strings.Replace(tensors[i].name, x[0], x[1], 1)
				}
			}
			return tensors
		},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.wideNorms(l)
			p.experts(l, 48)
			p.blk(l, "exp_probs_b.bias", pairExperts)
		}},
	{name: "modern-bert", arch: "modern-bert", architecture: "ModernBertModel", alias: true, files: folder{"tokenizer.json": tokenizerFor("gpt2")}, tied: true, layered: true, layers: 4, has: "encoder",
		kv: map[string]any{"attention.causal": false, "attention.head_count_kv": nil, "attention.sliding_window": uint32(8), "rope.freq_base": float32(160000),
			"rope.freq_base_swa": float32(10000)},
		config: map[string]any{"num_key_value_heads": nil, "norm_eps": 1e-5, "local_attention": 8, "global_attn_every_n_layers": 3, "hidden_activation": "gelu"},
		whole: func(p *pair) {
			p.add("token_embd_norm.weight", p.shapes.dim)
			p.add("output_norm.weight", p.shapes.dim)
		},
		layer: modernPairLayer},
	{name: "modern-bert of Granite", arch: "modern-bert", architecture: "ModernBertModel", alias: true, files: folder{"tokenizer.json": tokenizerFor("gpt2")}, tied: true, layered: true, layers: 4, has: "encoder",
		kv: map[string]any{"attention.causal": false, "attention.head_count_kv": nil, "attention.sliding_window": uint32(8), "rope.freq_base": float32(160000),
			"rope.freq_base_swa": float32(10000), "hidden_activation": "silu"},
		config: map[string]any{"num_key_value_heads": nil, "norm_eps": 1e-5, "local_attention": 8, "hidden_activation": "silu"},
		whole: func(p *pair) {
			p.add("token_embd_norm.weight", p.shapes.dim)
			p.add("output_norm.weight", p.shapes.dim)
		},
		layer: modernPairLayer},
	{name: "seed_oss", arch: "seed_oss", architecture: "SeedOssForCausalLM", alias: true, kv: headKV, config: headConfig, layer: func(p *pair, l int) {
		p.norms(l, "attn_norm", "post_attention_norm")
		p.attention(l)
		p.biases(l, false)
		p.dense(l, "", p.shapes.hidden)
	}},
	{name: "exaone4", arch: "exaone4", architecture: "Exaone4ForCausalLM", alias: true, layer: func(p *pair, l int) {
		p.norms(l, "post_attention_norm", "post_ffw_norm")
		p.attention(l)
		p.headNorms(l)
		p.dense(l, "", p.shapes.hidden)
	}},
	{name: "arcee", arch: "arcee", architecture: "ArceeForCausalLM", alias: true, config: map[string]any{"hidden_act": "relu2"}, layer: func(p *pair, l int) {
		p.norms(l, "attn_norm", "ffn_norm")
		p.attention(l)
		p.upDown(l)
	}},
	{name: "olmo", arch: "olmo", architecture: "OlmoForCausalLM", alias: true, layered: true, bare: true,
		kv: map[string]any{"attention.clamp_kqv": float32(0.5)}, config: map[string]any{"clip_qkv": 0.5},
		layer: func(p *pair, l int) { p.attention(l); p.dense(l, "", p.shapes.hidden) }},
	{name: "command-r", arch: "command-r", architecture: "CohereForCausalLM", alias: true, tied: true, layered: true,
		kv: map[string]any{"logit_scale": float32(0.25)}, config: map[string]any{"layer_norm_eps": 1e-5, "logit_scale": 0.25},
		layer: func(p *pair, l int) { p.norms(l, "attn_norm"); p.attention(l); p.dense(l, "", p.shapes.hidden) }},
	{name: "nemotron", arch: "nemotron", architecture: "NemotronForCausalLM", alias: true, layered: true,
		kv:     map[string]any{"rope.dimension_count": uint32(4)},
		config: map[string]any{"norm_eps": 1e-5, "partial_rotary_factor": 0.5, "hidden_act": "relu2"},
		whole:  func(p *pair) { p.add("output_norm.bias", p.shapes.dim) },
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.normBiases(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.upDown(l)
		}},
}

// modernPairLayer adds a layer of ModernBERT; the first has no norm of attention.
func modernPairLayer(p *pair, l int) {
	dim := p.shapes.dim
	if l > 0 {
		p.norms(l, "attn_norm")
	}
	p.norms(l, "ffn_norm")
	p.blk(l, "attn_qkv", 3*dim, dim)
	p.blk(l, "attn_output", dim, dim)
	p.blk(l, "ffn_up", 2*p.shapes.hidden, dim)
	p.blk(l, "ffn_down", dim, p.shapes.hidden)
}

// gemma4KV and gemma4Config are of a Gemma 4 with windows in every second layer.
var (
	gemma4KV = map[string]any{"attention.sliding_window": uint32(8), "attention.sliding_window_pattern": []bool{true, false, true, false},
		"attention.key_length": uint32(16), "attention.value_length": uint32(16), "attention.key_length_swa": uint32(8), "attention.value_length_swa": uint32(8),
		"rope.dimension_count": uint32(16), "rope.dimension_count_swa": uint32(8), "attention.head_count_kv": []int32{2, 1, 2, 1},
		"rope.freq_base": float32(1e6), "rope.freq_base_swa": float32(10000), "final_logit_softcapping": float32(30)}
	gemma4Config = map[string]any{"sliding_window": 8, "layer_types": []string{"sliding_attention", "full_attention", "sliding_attention", "full_attention"},
		"head_dim": 8, "global_head_dim": 16, "num_key_value_heads": 2, "num_global_key_value_heads": 1, "final_logit_softcapping": 30.0,
		"hidden_activation": "gelu_pytorch_tanh", "rope_parameters": map[string]any{
			"full_attention":    map[string]any{"rope_type": "proportional", "partial_rotary_factor": 0.25, "rope_theta": 1e6},
			"sliding_attention": map[string]any{"rope_type": "default", "rope_theta": 10000}}}
)

// gemma4Layer adds norms and attention of a Gemma 4.
func gemma4Layer(p *pair, l int) {
	s := &p.shapes
	p.norms(l, "attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
	head, kv := 8+l%2*8, 2-l%2
	p.blk(l, "attn_q", s.heads*head, s.dim)
	p.blk(l, "attn_k", kv*head, s.dim)
	p.blk(l, "attn_v", kv*head, s.dim)
	p.blk(l, "attn_output", s.dim, s.heads*head)
	p.blk(l, "attn_q_norm", head)
	p.blk(l, "attn_k_norm", head)
}

// gemma4Whole adds the divisors of frequencies: two of a head's pairs rotate.
func gemma4Whole(p *pair) {
	p.add("rope_freqs.weight", 8)
	x := p.tensors[len(p.tensors)-1].x
	for i := range x {
		x[i] = 1
		if i >= 2 {
			x[i] = 1e30
		}
	}
}

// gemma4Scalars names tensors as checkpoints do, without a suffix.
func gemma4Scalars(tensors []hf) []hf {
	for i := range tensors {
		for _, x := range [][2]string{{"layer_scalar.weight", "layer_scalar"}, {"router.proj.scale", "router.scale"},
			{"experts.down_proj.scale", "router.per_expert_scale"}, {"experts.gate_up_proj.weight", "experts.gate_up_proj"}, {"experts.down_proj.weight", "experts.down_proj"}} {
			tensors[i].name = strings.Replace(tensors[i].name, x[0], x[1], 1)
		}
	}
	return tensors
}

// routed adds a dense network to the first layer; to the others a router with a
// bias, experts and a shared one.
func routed(p *pair, l int) {
	if l == 0 {
		p.dense(l, "", p.shapes.hidden)
		return
	}
	p.experts(l, 24)
	p.dense(l, "_shexp", 24)
	p.blk(l, "exp_probs_b.bias", pairExperts)
}

// latent adds what attention of low rank has besides its queries.
func latent(p *pair, l int) {
	s := &p.shapes
	p.norms(l, "attn_norm", "ffn_norm")
	p.blk(l, "attn_kv_a_mqa", 24, s.dim)
	p.blk(l, "attn_kv_a_norm", 16)
	p.blk(l, "attn_k_b", s.heads, 16, 12)
	p.blk(l, "attn_v_b", s.heads, 10, 16)
	p.blk(l, "attn_output", s.dim, s.heads*10)
}

// scoreBias names the biases by which routers choose.
func scoreBias(tensors []hf) []hf {
	for i := range tensors {
		tensors[i].name = strings.Replace(tensors[i].name, ".gate.scores.bias", ".gate.e_score_correction_bias", 1)
	}
	return tensors
}

// joinLatent puts the matrices of keys, transposed, and of values of every head
// into one tensor.
func joinLatent(tensors []hf) []hf {
	values := map[string]hf{}
	for _, h := range tensors {
		if name, ok := strings.CutSuffix(h.name, "v_b_proj.weight"); ok {
			values[name] = h
		}
	}
	var out []hf
	for _, h := range tensors {
		name, ok := strings.CutSuffix(h.name, "self_attn.k_b_proj.weight")
		switch {
		case strings.HasSuffix(h.name, "v_b_proj.weight"):
			continue
		case ok:
			key, value := transpose(h), values[name+"self_attn."]
			heads, k, v, rank := key.shape[0], key.shape[1], value.shape[1], value.shape[2]
			h = hf{name: name + "self_attn.kv_b_proj.weight", shape: []int{heads * (k + v), rank}}
			for i := range heads {
				h.x = append(append(h.x, key.x[i*k*rank:(i+1)*k*rank]...), value.x[i*v*rank:(i+1)*v*rank]...)
			}
		}
		out = append(out, h)
	}
	return out
}

// packExperts puts the experts of a layer into two tensors, transposed: gate columns
// before up columns, and downs.
func packExperts(tensors []hf) []hf {
	stacks := map[string][]hf{} // by layer and part, in the order of the experts
	var out []hf
	for _, h := range tensors {
		before, after, ok := strings.Cut(h.name, ".experts.")
		if !ok {
			out = append(out, h)
			continue
		}
		_, part, _ := strings.Cut(after, ".")
		key := before + ".experts." + strings.TrimSuffix(part, ".weight")
		stacks[key] = append(stacks[key], h)
	}
	for key, gates := range stacks {
		name, part := key[:strings.LastIndexByte(key, '.')], key[strings.LastIndexByte(key, '.')+1:]
		ups := stacks[name+".up_proj"]
		switch part {
		case "down_proj":
			out = append(out, stacked(name+".down_proj", gates))
		case "gate_proj":
			both := slices.Clone(gates)
			for i := range both {
				both[i].shape = []int{2 * gates[i].shape[0], gates[i].shape[1]}
				both[i].x = append(slices.Clone(gates[i].x), ups[i].x...)
			}
			out = append(out, stacked(name+".gate_up_proj", both))
		}
	}
	return out
}

// stacked returns matrices as one tensor, transposed.
func stacked(name string, all []hf) hf {
	h := hf{name: name, shape: append([]int{len(all)}, all[0].shape...)}
	for _, m := range all {
		h.x = append(h.x, m.x...)
	}
	return transpose(h)
}
