package convert

func init() { pairModels = append(pairModels, furtherPairs...) }

// furtherPairs are the models of furtherFamilies.
var furtherPairs = []*pairModel{
	{name: "llama-embed", arch: "llama-embed", architecture: "LlamaBidirectionalModel", alias: true, tied: true, has: "encoder",
		kv: map[string]any{"attention.causal": false, "attention.head_count_kv": uint32(2), "rope.freq_base": float32(500000)}, config: map[string]any{"rope_theta": 500000},
		tidy: renamed("model.", ""), whole: lastPairNorm, layer: llamaLayer},
	{name: "eurobert", arch: "eurobert", architecture: "EuroBertModel", alias: true, tied: true, has: "encoder",
		kv: map[string]any{"attention.causal": false, "attention.head_count_kv": uint32(2), "rope.freq_base": float32(250000), "pooling_type": uint32(1)},
		files: folder{"tokenizer.json": tokenizerFor("gpt2"), "modules.json": []map[string]string{{"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}},
			"1_Pooling/config.json": map[string]any{"pooling_mode_mean_tokens": true}},
		whole: lastPairNorm, layer: llamaLayer},
	{name: "nomic-bert-moe", arch: "nomic-bert-moe", architecture: "NomicBertModel", alias: true, tied: true, layered: true, has: "encoder", files: folder{"tokenizer.json": unigramTokenizer()},
		kv: mixture(map[string]any{"attention.causal": false, "attention.head_count_kv": nil, "rope.freq_base": float32(10000), "moe_every_n_layers": uint32(2)}),
		config: map[string]any{"hidden_size": nil, "intermediate_size": nil, "num_hidden_layers": nil, "num_attention_heads": nil, "num_key_value_heads": nil,
			"max_position_embeddings": nil, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": pairContext, "n_inner": 48, "activation_function": "gelu",
			"layer_norm_epsilon": 1e-5, "rotary_emb_base": 10000, "type_vocab_size": 2, "moe_every_n_layers": 2, "num_experts": pairExperts, "moe_top_k": pairUsed},
		whole: encoderWhole,
		tidy: func(tensors []hf) []hf {
			return append(dbrxTidy(tensors), hf{name: "encoder.layers.1.mlp.experts.bias", shape: []int{32}, x: make([]float32, 32)})
		},
		layer: func(p *pair, l int) {
			dim := p.shapes.dim
			p.blk(l, "attn_qkv", 3*dim, dim)
			p.blk(l, "attn_qkv.bias", 3*dim)
			p.blk(l, "attn_output", dim, dim)
			p.blk(l, "attn_output.bias", dim)
			encoderNorms(p, l)
			if l == 0 {
				biasedNetwork(p, l)
				return
			}
			p.blk(l, "ffn_gate_inp", pairExperts, dim)
			p.blk(l, "ffn_up_exps", pairExperts, 48, dim)
			p.blk(l, "ffn_down_exps", pairExperts, dim, 48)
		}},
	{name: "orion", arch: "orion", architecture: "OrionForCausalLM", alias: true, layered: true, kv: map[string]any{"rope.freq_base": float32(1000)},
		config: map[string]any{"rms_norm_eps": 1e-5, "rope_theta": 1000}, whole: biasedEnd,
		layer: func(p *pair, l int) { llamaLayer(p, l); p.normBiases(l, "attn_norm", "ffn_norm") }},
	{name: "xverse", arch: "xverse", architecture: "XverseForCausalLM", alias: true, kv: map[string]any{"rope.freq_base": float32(1000)},
		config: map[string]any{"rope_theta": 1000}, layer: llamaLayer},
	{name: "cohere2moe", arch: "cohere2moe", architecture: "Cohere2MoeForCausalLM", alias: true, tied: true, layered: true, layers: 4, kv: cohereMoEKV(2),
		config: with(cohereMoEPair, map[string]any{"mlp_layer_types": []string{"dense", "dense", "sparse", "sparse"}}), tidy: cohereMoETidy, layer: cohereMoELayer(2)},
	{name: "cohere2moe with one dense layer", arch: "cohere2moe", architecture: "Cohere2MoeForCausalLM", alias: true, tied: true, layered: true, layers: 4,
		kv:     with(cohereMoEKV(1), map[string]any{"expert_weights_norm": false, "logit_scale": float32(0.0625), "rope.freq_base": float32(1000)}),
		config: with(cohereMoEPair, map[string]any{"first_k_dense_replace": 1, "norm_topk_prob": nil, "logit_scale": nil, "rope_theta": 1000}),
		tidy:   cohereMoETidy, layer: cohereMoELayer(1)},
}

// lastPairNorm adds the last norm of an embedder.
func lastPairNorm(p *pair) { p.add("output_norm.weight", p.shapes.dim) }

// cohereMoEPair are the settings of a Cohere 2 with experts in config.json.
var cohereMoEPair = with(headConfig, map[string]any{"layer_norm_eps": 1e-5, "logit_scale": 0.25, "sliding_window": 8, "num_experts": pairExperts, "num_experts_per_tok": pairUsed,
	"num_shared_experts": 2, "shared_expert_combination_strategy": "average", "norm_topk_prob": true,
	"layer_types": []string{"full_attention", "sliding_attention", "sliding_attention", "full_attention"}})

// cohereMoEKV are its keys, with so many dense layers.
func cohereMoEKV(dense uint32) map[string]any {
	return mixture(with(headKV, map[string]any{"attention.sliding_window": uint32(8), "attention.sliding_window_pattern": []bool{false, true, true, false}, "logit_scale": float32(0.25),
		"leading_dense_block_count": dense, "expert_feed_forward_length": uint32(48), "expert_shared_count": uint32(2), "expert_weights_norm": true, "expert_gating_func": uint32(2),
		"rope.scaling.type": "none"}))
}

// cohereMoETidy adds a bias of zeros.
func cohereMoETidy(tensors []hf) []hf {
	return append(tensors, hf{name: "model.layers.0.input_layernorm.bias", shape: []int{32}, x: make([]float32, 32)})
}

// cohereMoELayer returns a function that adds a layer, the first ones dense.
func cohereMoELayer(dense int) func(p *pair, l int) {
	return func(p *pair, l int) {
		p.norms(l, "attn_norm")
		p.attention(l)
		if l < dense {
			p.dense(l, "", p.shapes.hidden)
			return
		}
		p.experts(l, 48)
		p.dense(l, "_shexp", 96)
	}
}
