package convert

import "strings"

func init() { pairModels = append(pairModels, mixturePairs...) }

// expertKV and expertPair are of mixtures with a shared expert and a dense first layer.
var (
	expertKV = map[string]any{"expert_feed_forward_length": uint32(24), "expert_shared_count": uint32(1), "leading_dense_block_count": uint32(1),
		"expert_gating_func": uint32(2), "expert_weights_norm": true, "expert_weights_scale": float32(2.5)}
	expertPair = map[string]any{"num_experts": pairExperts, "num_experts_per_tok": pairUsed, "num_shared_experts": 1, "moe_intermediate_size": 24,
		"first_k_dense_replace": 1, "norm_topk_prob": true, "routed_scaling_factor": 2.5}
)

// mixturePairs are the models of mixtureFamilies.
var mixturePairs = []*pairModel{
	{name: "llama4", arch: "llama4", architecture: "Llama4ForConditionalGeneration", alias: true,
		kv: mixture(with(headKV, map[string]any{"expert_used_count": uint32(1), "interleave_moe_layer_step": uint32(2), "expert_feed_forward_length": uint32(24),
			"rope.freq_base": float32(500000)})),
		config: map[string]any{"text_config": with(headConfig, map[string]any{"num_local_experts": pairExperts, "num_experts_per_tok": 1, "interleave_moe_layer_step": 2,
			"intermediate_size": 24, "intermediate_size_mlp": 48, "attention_chunk_size": 8192, "floor_scale": 8192, "attn_scale": 0.1, "attn_temperature_tuning": 4,
			"moe_layers": []int{1}, "no_rope_layers": []int{1, 1}, "rope_scaling": nil})},
		tidy: func(tensors []hf) []hf {
			tensors = packExperts(replaced(tensors, "mlp.gate.", "feed_forward.router.", "mlp.", "feed_forward."))
			return replaced(tensors, "model.", "language_model.model.", "lm_head.", "language_model.lm_head.")
		},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			if l == 0 {
				p.dense(l, "", p.shapes.hidden)
				return
			}
			p.experts(l, 24)
			p.dense(l, "_shexp", 24)
		}},
	{name: "llama4 without dense layers", arch: "llama4", architecture: "Llama4ForCausalLM", alias: true,
		kv: mixture(with(headKV, map[string]any{"interleave_moe_layer_step": uint32(1), "expert_feed_forward_length": uint32(24), "rope.freq_base": float32(1000)})),
		config: with(headConfig, map[string]any{"num_local_experts": pairExperts, "num_experts_per_tok": pairUsed, "intermediate_size": 24, "intermediate_size_mlp": 48,
			"rope_theta": 1000, "attn_temperature_tuning": true}),
		tidy: func(tensors []hf) []hf {
			return packExperts(replaced(tensors, "mlp.gate.", "feed_forward.router.", "mlp.", "feed_forward."))
		},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.experts(l, 24)
			p.dense(l, "_shexp", 24)
		}},
	{name: "mistral4", arch: "mistral4", architecture: "Mistral3ForConditionalGeneration", alias: true,
		kv: mixture(with(latentKV, with(routerKV, map[string]any{"attention.q_lora_rank": uint32(14), "expert_gating_func": nil, "leading_dense_block_count": uint32(0),
			"rope.scaling.type": "yarn", "rope.scaling.factor": float32(4), "rope.scaling.original_context_length": uint32(8), "rope.freq_base": float32(1e5),
			"rope.scaling.yarn_log_multiplier": float32(0.1), "attention.temperature_scale": float32(0.3), "attention.temperature_length": uint32(8)}))),
		config: map[string]any{"model_type": "mistral3", "text_config": with(latentConfig, with(routerConfig, map[string]any{"model_type": "mistral4", "q_lora_rank": 14,
			"first_k_dense_replace": 0, "rope_parameters": map[string]any{"type": "yarn", "rope_theta": 1e5, "factor": 4, "original_max_position_embeddings": 8, "mscale": 1.0,
				"mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.3}}))},
		tidy: func(tensors []hf) []hf {
			tensors = packExperts(joinLatent(tensors))
			for i := range tensors { // as rows, not transposed
				if strings.Contains(tensors[i].name, ".experts.") {
					tensors[i] = transpose(tensors[i])
				}
			}
			return renamed("model.", "model.language_model.")(tensors)
		},
		layer: func(p *pair, l int) {
			p.blk(l, "attn_q_a", 14, p.shapes.dim)
			p.blk(l, "attn_q_a_norm", 14)
			p.blk(l, "attn_q_b", p.shapes.heads*20, 14)
			latent(p, l)
			p.experts(l, 24)
			p.dense(l, "_shexp", 24)
		}},
	{name: "hunyuan-moe", arch: "hunyuan-moe", architecture: "HunYuanMoEV1ForCausalLM", alias: true,
		kv: mixture(with(headKV, map[string]any{"expert_feed_forward_length": uint32(24), "expert_shared_feed_forward_length": uint32(48), "rope.freq_base": float32(1000)})),
		config: with(headConfig, map[string]any{"num_experts": pairExperts, "moe_topk": []int{pairUsed, pairUsed}, "moe_intermediate_size": []int{24, 24},
			"num_shared_expert": []int{1, 1}, "use_qk_norm": true, "use_mixed_mlp_moe": true, "rope_theta": 1000}),
		tidy: func(tensors []hf) []hf {
			return replaced(tensors, "mlp.gate.", "mlp.gate.wg.", "shared_expert.", "shared_mlp.")
		},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.headNorms(l)
			p.experts(l, 24)
			p.dense(l, "_shexp", 48)
		}},
	{name: "bailingmoe2", arch: "bailingmoe2", architecture: "BailingMoeV2ForCausalLM", alias: true,
		kv: mixture(with(headKV, with(expertKV, map[string]any{"rope.dimension_count": uint32(4), "expert_shared_count": uint32(2), "expert_shared_feed_forward_length": uint32(24),
			"expert_group_count": uint32(2), "expert_group_used_count": uint32(1)}))),
		config: with(headConfig, with(expertPair, map[string]any{"num_shared_experts": 2, "n_group": 2, "topk_group": 1, "score_function": "sigmoid", "num_nextn_predict_layers": 1})),
		tidy: func(tensors []hf) []hf {
			tensors = replaced(tensors, "model.embed_tokens.", "model.word_embeddings.", "self_attn.qkv_proj", "attention.query_key_value", "self_attn.o_proj", "attention.dense",
				"self_attn.q_norm", "attention.query_layernorm", "self_attn.k_norm", "attention.key_layernorm", "mlp.gate.scores.bias", "mlp.gate.expert_bias", "shared_expert.", "shared_experts.")
			return append(tensors, hf{name: "model.layers.2.eh_proj.weight", shape: []int{4}, x: make([]float32, 4)})
		},
		layer: func(p *pair, l int) {
			s := &p.shapes
			p.norms(l, "attn_norm", "ffn_norm")
			p.blk(l, "attn_qkv", (s.heads+2*s.kvHeads)*s.headDim, s.dim)
			p.blk(l, "attn_output", s.dim, s.heads*s.headDim)
			p.headNorms(l)
			if l == 0 {
				p.dense(l, "", s.hidden)
				return
			}
			p.experts(l, 24)
			p.dense(l, "_shexp", 48)
			p.blk(l, "exp_probs_b.bias", pairExperts)
		}},
	{name: "afmoe", arch: "afmoe", architecture: "AfmoeForCausalLM", alias: true, layers: 4,
		kv: mixture(with(headKV, with(expertKV, map[string]any{"attention.sliding_window": uint32(8)}))),
		config: with(headConfig, map[string]any{"num_experts": pairExperts, "num_experts_per_tok": pairUsed, "num_shared_experts": 1, "moe_intermediate_size": 24, "num_dense_layers": 1,
			"route_norm": true, "route_scale": 2.5, "score_func": "sigmoid", "sliding_window": 8, "global_attn_every_n_layers": 4, "mup_enabled": true}),
		tidy: afmoeTidy, layer: afmoeLayer},
	{name: "afmoe, other windows", arch: "afmoe", architecture: "AfmoeForCausalLM", alias: true, layers: 4,
		kv: mixture(with(headKV, with(expertKV, map[string]any{"attention.sliding_window": uint32(5), "attention.sliding_window_pattern": []bool{true, false, true, false},
			"expert_weights_norm": false, "expert_weights_scale": nil}))),
		config: with(headConfig, map[string]any{"num_experts": pairExperts, "num_experts_per_tok": pairUsed, "num_shared_experts": 1, "moe_intermediate_size": 24, "num_dense_layers": 1,
			"route_norm": false, "sliding_window": 5, "layer_types": []string{"sliding_attention", "full_attention", "sliding_attention", "full_attention"}}),
		tidy: afmoeTidy, layer: afmoeLayer},
	{name: "exaone-moe", arch: "exaone-moe", architecture: "ExaoneMoEForCausalLM", alias: true, layers: 4,
		kv: mixture(with(headKV, with(expertKV, map[string]any{"attention.sliding_window": uint32(8), "attention.sliding_window_pattern": []bool{true, false, true, false}}))),
		config: with(headConfig, with(expertPair, map[string]any{"sliding_window": 8, "sliding_window_pattern": "LG", "scoring_func": "sigmoid", "n_group": 1, "topk_group": 1,
			"num_nextn_predict_layers": 1})),
		tidy: func(tensors []hf) []hf {
			return withHead(replaced(tensors, "mlp.gate.scores.bias", "mlp.e_score_correction_bias", "shared_expert.", "shared_experts."))
		},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.headNorms(l)
			routed(p, l)
		}},
	{name: "mimo2", arch: "mimo2", architecture: "MiMoV2FlashForCausalLM", alias: true, layers: 3,
		kv: mixture(map[string]any{"expert_feed_forward_length": uint32(24), "attention.sliding_window": uint32(8), "attention.sliding_window_pattern": []bool{false, true, true},
			"attention.head_count_kv": []int32{1, 2, 2}, "attention.key_length": uint32(8), "attention.value_length": uint32(6), "rope.dimension_count": uint32(4),
			"rope.freq_base": float32(1e5), "rope.freq_base_swa": float32(1000), "attention.value_scale": float32(0.75)}),
		config: with(headConfig, map[string]any{"n_routed_experts": pairExperts, "num_experts_per_tok": pairUsed, "moe_intermediate_size": 24, "norm_topk_prob": true,
			"scoring_func": "sigmoid", "hybrid_layer_pattern": []any{0, 1, 1}, "num_key_value_heads": 1, "swa_num_key_value_heads": 2, "swa_num_attention_heads": 4, "swa_head_dim": 8,
			"swa_v_head_dim": 6, "v_head_dim": 6, "partial_rotary_factor": 0.5, "rope_theta": 1e5, "swa_rope_theta": 1000, "attention_value_scale": 0.75, "layernorm_epsilon": 1e-5,
			"rms_norm_eps": nil, "sliding_window": 8, "topk_method": "noaux_tc", "n_group": 1, "n_shared_experts": nil, "routed_scaling_factor": nil}),
		tidy: func(tensors []hf) []hf {
			return append(scoreBias(tensors), hf{name: "model.mtp.layers.0.eh_proj.weight", shape: []int{4}, x: make([]float32, 4)})
		},
		layer: func(p *pair, l int) {
			s, kv := &p.shapes, []int{1, 2, 2}[l]
			p.norms(l, "attn_norm", "ffn_norm")
			p.blk(l, "attn_q", s.heads*8, s.dim)
			p.blk(l, "attn_k", kv*8, s.dim)
			p.blk(l, "attn_v", kv*6, s.dim)
			p.blk(l, "attn_output", s.dim, s.heads*6)
			if l == 0 {
				p.dense(l, "", s.hidden)
				return
			}
			p.blk(l, "attn_sinks", s.heads)
			p.experts(l, 24)
			p.blk(l, "exp_probs_b.bias", pairExperts)
		}},
	{name: "phimoe", arch: "phimoe", architecture: "PhiMoEForCausalLM", alias: true, kv: mixture(map[string]any{"rope.freq_base": float32(1000)}),
		config: map[string]any{"num_local_experts": pairExperts, "num_experts_per_tok": pairUsed, "attention_bias": true, "lm_head_bias": true, "rope_theta": 1000},
		tidy:   func(tensors []hf) []hf { return mixtral(tensors) },
		whole: func(p *pair) {
			p.add("output_norm.bias", p.shapes.dim)
			p.add("output.bias", pairVocab)
		},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.normBiases(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.biases(l, true)
			p.experts(l, p.shapes.hidden)
		}},
	{name: "phimoe of a long context", arch: "phimoe", architecture: "PhiMoEForCausalLM", alias: true,
		kv: mixture(map[string]any{"rope.scaling.original_context_length": uint32(16), "rope.scaling.attn_factor": float32(1.4142135)}),
		config: map[string]any{"num_local_experts": pairExperts, "num_experts_per_tok": pairUsed, "original_max_position_embeddings": 16, "rope_scaling": map[string]any{
			"type": "longrope", "long_factor": []float64{1, 2, 3, 4}, "short_factor": []float64{1, 1.5, 2, 2.5}}},
		tidy: func(tensors []hf) []hf { return mixtral(tensors) },
		whole: func(p *pair) {
			p.add("output_norm.bias", p.shapes.dim)
			p.tensors = append(p.tensors, hf{name: "rope_factors_long.weight", shape: []int{4}, x: []float32{1, 2, 3, 4}},
				hf{name: "rope_factors_short.weight", shape: []int{4}, x: []float32{1, 1.5, 2, 2.5}})
		},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.normBiases(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.experts(l, p.shapes.hidden)
		}},
	{name: "dbrx", arch: "dbrx", architecture: "DbrxForCausalLM", alias: true, layered: true,
		kv: mixture(map[string]any{"attention.clamp_kqv": float32(0.5), "rope.freq_base": float32(1000), "expert_feed_forward_length": uint32(48)}),
		config: map[string]any{"hidden_size": nil, "intermediate_size": nil, "num_hidden_layers": nil, "num_attention_heads": nil, "num_key_value_heads": nil,
			"max_position_embeddings": nil, "d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": pairContext,
			"attn_config": map[string]any{"kv_n_heads": 2, "rope_theta": 1000, "clip_qkv": 0.5},
			"ffn_config": map[string]any{"ffn_hidden_size": 48, "moe_num_experts": pairExperts, "moe_top_k": pairUsed, "moe_normalize_expert_weights": 1,
				"ffn_act_fn": map[string]any{"name": "silu"}}},
		tidy: dbrxTidy,
		layer: func(p *pair, l int) {
			s := &p.shapes
			p.norms(l, "attn_norm", "attn_output_norm")
			p.blk(l, "attn_qkv", (s.heads+2*s.kvHeads)*s.headDim, s.dim)
			p.blk(l, "attn_output", s.dim, s.heads*s.headDim)
			p.experts(l, s.hidden)
		}},
}

// afmoeLayer adds a layer of AFMoE.
func afmoeLayer(p *pair, l int) {
	p.norms(l, "attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
	p.attention(l)
	p.headNorms(l)
	p.blk(l, "attn_gate", p.shapes.heads*p.shapes.headDim, p.shapes.dim)
	routed(p, l)
}

// afmoeTidy gives AFMoE's tensors their names.
func afmoeTidy(tensors []hf) []hf {
	return replaced(tensors, "mlp.gate.scores.bias", "mlp.expert_bias", "mlp.gate.weight", "mlp.router.gate.weight", "shared_expert.", "shared_experts.")
}

// mixtral gives experts the names of Mixtral.
func mixtral(tensors []hf) []hf {
	return replaced(tensors, "mlp.gate.", "block_sparse_moe.gate.", "mlp.experts.", "block_sparse_moe.experts.", ".gate_proj.", ".w1.", ".down_proj.", ".w2.", ".up_proj.", ".w3.")
}

// dbrxTidy puts the experts of a layer below each other, those of the last matrix
// transposed.
func dbrxTidy(tensors []hf) []hf {
	tensors = replaced(tensors, "mlp.gate.", "ffn.router.layer.")
	stacks := map[string]hf{}
	var out []hf
	for _, h := range tensors {
		before, after, ok := strings.Cut(h.name, ".mlp.experts.")
		if !ok {
			out = append(out, h)
			continue
		}
		part := map[string]string{"gate_proj.weight": "w1", "up_proj.weight": "v1", "down_proj.weight": "w2"}[after[strings.IndexByte(after, '.')+1:]]
		if part == "w2" {
			h = transpose(h)
		}
		name := before + ".ffn.experts.mlp." + part
		if strings.HasPrefix(before, "encoder.") {
			name = before + ".mlp.experts.mlp." + map[string]string{"v1": "w1", "w2": "w2"}[part]
		}
		all := stacks[name]
		all.name, all.x = name, append(all.x, h.x...)
		all.shape = []int{len(all.x) / h.shape[1], h.shape[1]}
		stacks[name] = all
	}
	for _, h := range stacks {
		out = append(out, h)
	}
	return out
}

// replaced replaces the first texts of pairs by the second, in all names.
func replaced(tensors []hf, pairs ...string) []hf {
	r := strings.NewReplacer(pairs...)
	for i := range tensors {
		tensors[i].name = r.Replace(tensors[i].name)
	}
	return tensors
}
