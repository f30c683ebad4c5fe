package llama_test

import "fmt"

// synthMixtures are models of families with mixtures of experts.
var synthMixtures = []synthetic{
	{name: "glm4moe", arch: "glm4moe", kv: heads(moe(map[string]any{
		"expert_gating_func": uint32(2), "expert_weights_norm": true, "expert_weights_scale": float32(1.5), "expert_shared_count": uint32(1),
		"leading_dense_block_count": uint32(1), "rope.dimension_count": uint32(8),
	})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "post_attention_norm")
		attention(f, i)
		addBiases(f, i, map[string]uint64{"attn_q": 64, "attn_k": 32, "attn_v": 32})
		headNorms(f, i)
		denseFirst(f, i, synthExpertDim)
	}, whole: ownOutput},
	{name: "glm4v-moe", arch: "glm4moe", kv: heads(moe(map[string]any{ // the kind of gating is the architecture's
		"expert_shared_count": uint32(1), "leading_dense_block_count": uint32(1), "rope.dimension_sections": []int32{4, 2, 2, 0},
	})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "post_attention_norm")
		attention(f, i)
		denseFirst(f, i, synthExpertDim)
	}, whole: ownOutput},
	{name: "bailingmoe2", arch: "bailingmoe2", kv: heads(moe(map[string]any{
		"expert_gating_func": uint32(2), "expert_weights_norm": true, "expert_weights_scale": float32(2.5), "expert_shared_count": uint32(2),
		"expert_shared_feed_forward_length": uint32(24), "leading_dense_block_count": uint32(1), "expert_count": uint32(8),
		"expert_group_count": uint32(4), "expert_group_used_count": uint32(2),
	})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		fusedAttention(f, i)
		headNorms(f, i)
		denseFirst8(f, i, 48)
	}, whole: ownOutput},
	{name: "dots1", arch: "dots1", kv: heads(moe(map[string]any{
		"attention.head_count_kv": uint32(synthHeads), "expert_gating_func": uint32(2), "expert_weights_norm": true, "expert_weights_scale": float32(2.5),
		"expert_shared_count": uint32(2), "leading_dense_block_count": uint32(1),
	})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		for _, n := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			f.weight(layerName(i, n), synthDim, synthDim)
		}
		headNorms(f, i)
		denseFirst(f, i, 2*synthExpertDim)
	}, whole: ownOutput},
	{name: "minimax-m2", arch: "minimax-m2", kv: heads(moe(map[string]any{
		"expert_gating_func": uint32(2), "rope.dimension_count": uint32(8), "feed_forward_length": uint32(synthExpertDim),
	})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		f.add(layerName(i, "attn_q_norm"), synthDim)
		f.add(layerName(i, "attn_k_norm"), synthKVHeads*synthHeadDim)
		experts(f, i, synthExpertDim, 0)
		probsBias(f, i, synthExperts)
	}, whole: ownOutput},
	{name: "ernie4_5-moe", arch: "ernie4_5-moe", kv: heads(moe(map[string]any{
		"interleave_moe_layer_step": uint32(1), "leading_dense_block_count": uint32(1), "expert_shared_count": uint32(2),
		"expert_shared_feed_forward_length": uint32(48),
	})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		denseFirst(f, i, 48)
	}},
	{name: "hunyuan-moe", arch: "hunyuan-moe", kv: heads(moe(map[string]any{
		"expert_feed_forward_length": uint32(synthHidden), "expert_shared_feed_forward_length": uint32(48),
	})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		headNorms(f, i)
		experts(f, i, synthHidden, 48)
	}},
	{name: "afmoe", arch: "afmoe", kv: heads(moe(map[string]any{
		"expert_weights_norm": true, "expert_weights_scale": float32(2.5), "expert_shared_count": uint32(1),
		"leading_dense_block_count": uint32(1), "attention.sliding_window": uint32(8),
	})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
		attention(f, i)
		headNorms(f, i)
		f.weight(layerName(i, "attn_gate"), synthDim, synthDim)
		denseFirst(f, i, synthExpertDim)
	}, whole: ownOutput},
	{name: "phimoe", arch: "phimoe", kv: moe(map[string]any{
		"expert_feed_forward_length": uint32(synthHidden),
	}), layer: func(f *file, i int) {
		biasedNorms(f, i)
		attention(f, i)
		addBiases(f, i, map[string]uint64{"attn_q": 64, "attn_k": 32, "attn_v": 32, "attn_output": 64})
		experts(f, i, synthHidden, 0)
	}, whole: func(f *file) {
		stablelmEnd(f)
		f.add("output.bias", synthVocab)
	}},
	{name: "dbrx", arch: "dbrx", kv: moe(map[string]any{"attention.clamp_kqv": float32(0.8), "expert_feed_forward_length": uint32(synthHidden)}), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "attn_output_norm")
		fusedAttention(f, i)
		experts(f, i, synthHidden, 0)
	}, whole: ownOutput},
	{name: "exaone-moe", arch: "exaone-moe", kv: heads(moe(map[string]any{
		"attention.sliding_window": uint32(8), "expert_gating_func": uint32(2), "expert_weights_norm": true, "expert_weights_scale": float32(2.5),
		"expert_shared_count": uint32(1), "leading_dense_block_count": uint32(1),
	})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		headNorms(f, i)
		denseFirst(f, i, synthExpertDim)
	}, whole: ownOutput},
	{name: "cohere2moe", arch: "cohere2moe", kv: heads(moe(map[string]any{
		"attention.sliding_window": uint32(8), "logit_scale": float32(0.25), "leading_dense_block_count": uint32(1), "expert_shared_count": uint32(2),
		"expert_weights_norm":              true,
		"attention.layer_norm_rms_epsilon": nil,
	})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm")
		attention(f, i)
		if i == 0 {
			dense(f, i)
		} else {
			experts(f, i, synthExpertDim, 2*synthExpertDim)
		}
	}},
	{name: "mimo2", arch: "mimo2", kv: moe(map[string]any{
		"attention.sliding_window": uint32(8), "attention.sliding_window_pattern": []bool{false, true, true, false}, "attention.head_count_kv": []int32{2, 4, 4, 2},
		"attention.key_length": uint32(16), "attention.value_length": uint32(12), "rope.dimension_count": uint32(8), "rope.freq_base": float32(1e5),
		"attention.value_scale": float32(0.7),
	}), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		kv := []uint64{2, 4, 4, 2}[i]
		f.weight(layerName(i, "attn_q"), synthDim, 4*16)
		f.weight(layerName(i, "attn_k"), synthDim, kv*16)
		f.weight(layerName(i, "attn_v"), synthDim, kv*12)
		f.weight(layerName(i, "attn_output"), 4*12, synthDim)
		if i == 1 || i == 2 {
			f.add(layerName(i, "attn_sinks"), synthHeads)
		}
		denseFirst(f, i, 0)
	}, whole: ownOutput},
	{name: "nomic-bert-moe", arch: "nomic-bert-moe", embeds: true, kv: moe(map[string]any{
		"attention.causal": false, "pooling_type": uint32(1), "moe_every_n_layers": uint32(2), "expert_feed_forward_length": uint32(synthHidden),
	}), layer: func(f *file, i int) {
		encoderNorms(f, i)
		fusedAttention(f, i)
		f.add(fmt.Sprintf("blk.%d.attn_qkv.bias", i), (synthHeads+2*synthKVHeads)*synthHeadDim)
		f.add(layerBias(i, "attn_output"), synthDim)
		if i%2 == 0 {
			biasedGateless(f, i)
			return
		}
		f.normal(layerName(i, "ffn_gate_inp"), 0.3, synthDim, synthExperts)
		f.weight(layerName(i, "ffn_up_exps"), synthDim, synthHidden, synthExperts)
		f.weight(layerName(i, "ffn_down_exps"), synthHidden, synthDim, synthExperts)
	}, whole: encoderEnd},
	{name: "llama4", arch: "llama4", kv: heads(moe(map[string]any{
		"expert_used_count": uint32(1), "interleave_moe_layer_step": uint32(2), "expert_weights_scale": float32(1),
	})), layer: llama4, whole: ownOutput},
	{name: "mistral4", arch: "mistral4", kv: mlaKeys(map[string]any{
		"attention.q_lora_rank": uint32(24), "expert_weights_norm": true, "rope.scaling.type": "yarn", "rope.scaling.factor": float32(4),
		"rope.scaling.original_context_length": uint32(16), "rope.scaling.yarn_log_multiplier": float32(0.07),
		"attention.temperature_scale": float32(0.3), "attention.temperature_length": uint32(12),
	}), layer: func(f *file, i int) {
		f.weight(layerName(i, "attn_q_a"), synthDim, 24)
		f.add(layerName(i, "attn_q_a_norm"), 24)
		f.weight(layerName(i, "attn_q_b"), 24, synthHeads*24)
		latent(f, i)
		denseFirst(f, i, synthExpertDim)
	}, whole: ownOutput},
	{name: "deepseek-v3", arch: "deepseek2", kv: mlaKeys(map[string]any{
		"attention.q_lora_rank": uint32(24), "expert_gating_func": uint32(2), "expert_weights_norm": true, "expert_weights_scale": float32(2.5),
		"expert_count": uint32(8), "expert_group_count": uint32(4), "expert_group_used_count": uint32(2),
		"rope.scaling.type": "yarn", "rope.scaling.factor": float32(4), "rope.scaling.original_context_length": uint32(16),
		"rope.scaling.yarn_log_multiplier": float32(0.1),
	}), layer: func(f *file, i int) {
		f.weight(layerName(i, "attn_q_a"), synthDim, 24)
		f.add(layerName(i, "attn_q_a_norm"), 24)
		f.weight(layerName(i, "attn_q_b"), 24, synthHeads*24)
		latent(f, i)
		denseFirst8(f, i, synthExpertDim)
	}, whole: ownOutput},
	{name: "deepseek-v2-lite", arch: "deepseek2", kv: mlaKeys(map[string]any{
		"attention.q_lora_rank": uint32(0), "rope.scaling.type": "yarn", "rope.scaling.factor": float32(40),
		"rope.scaling.original_context_length": uint32(16), "rope.scaling.yarn_log_multiplier": float32(0.0707),
	}), layer: func(f *file, i int) {
		f.weight(layerName(i, "attn_q"), synthDim, synthHeads*24)
		latent(f, i)
		denseFirst(f, i, synthExpertDim)
	}},
}

// mlaKeys returns the keys of attention of low rank, and further ones.
func mlaKeys(more map[string]any) map[string]any {
	return moe(withKeys(map[string]any{
		"attention.head_count_kv": uint32(1), "attention.key_length": uint32(40), "attention.value_length": uint32(32),
		"attention.key_length_mla": uint32(24), "attention.value_length_mla": uint32(16), "attention.kv_lora_rank": uint32(32),
		"rope.dimension_count": uint32(8), "expert_shared_count": uint32(1), "leading_dense_block_count": uint32(1),
	}, more))
}

// llama4 adds a layer of Llama 4.
func llama4(f *file, i int) {
	norms(f, i, "attn_norm", "ffn_norm")
	attention(f, i)
	if i%2 == 0 {
		dense(f, i)
	} else {
		experts(f, i, synthExpertDim, synthExpertDim)
	}
}

// withKeys returns the keys of both maps, those of more with precedence.
func withKeys(kv, more map[string]any) map[string]any {
	for key, value := range more {
		kv[key] = value
	}
	return kv
}

// latent adds what attention of low rank has besides its queries.
func latent(f *file, i int) {
	norms(f, i, "attn_norm", "ffn_norm")
	f.weight(layerName(i, "attn_kv_a_mqa"), synthDim, 40)
	f.add(layerName(i, "attn_kv_a_norm"), 32)
	f.weight(layerName(i, "attn_k_b"), 16, 32, synthHeads)
	f.weight(layerName(i, "attn_v_b"), 32, 16, synthHeads)
	f.weight(layerName(i, "attn_output"), synthHeads*16, synthDim)
}

// probsBias adds the bias by which experts are chosen.
func probsBias(f *file, i int, experts uint64) {
	t := f.add(fmt.Sprintf("blk.%d.exp_probs_b.bias", i), experts)
	for k := range t.x {
		t.x[k] = (t.x[k] - 1) / 2
	}
}

// denseFirst adds a dense network to the first layer, a mixture to the others.
func denseFirst(f *file, i int, shared uint64) {
	if i == 0 {
		dense(f, i)
		return
	}
	experts(f, i, synthExpertDim, shared)
	probsBias(f, i, synthExperts)
}

// denseFirst8 is denseFirst with eight experts.
func denseFirst8(f *file, i int, shared uint64) {
	if i == 0 {
		dense(f, i)
		return
	}
	f.normal(layerName(i, "ffn_gate_inp"), 0.3, synthDim, 8)
	f.weight(layerName(i, "ffn_gate_exps"), synthDim, synthExpertDim, 8)
	f.weight(layerName(i, "ffn_up_exps"), synthDim, synthExpertDim, 8)
	f.weight(layerName(i, "ffn_down_exps"), synthExpertDim, synthDim, 8)
	f.weight(layerName(i, "ffn_gate_shexp"), synthDim, shared)
	f.weight(layerName(i, "ffn_up_shexp"), synthDim, shared)
	f.weight(layerName(i, "ffn_down_shexp"), shared, synthDim)
	probsBias(f, i, 8)
}
