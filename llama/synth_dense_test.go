package llama_test

import "fmt"

// synthDense are models of dense families.
var synthDense = []synthetic{
	{name: "qwen2vl", arch: "qwen2vl", kv: map[string]any{
		"rope.dimension_sections": []int32{3, 2, 2, 1}, "attention.layer_norm_rms_epsilon": float32(1e-12), // llama.cpp does not read it
	}, layer: func(f *file, i int) {
		plain(f, i)
		addBiases(f, i, map[string]uint64{"attn_q": 64, "attn_k": 32, "attn_v": 32})
	}},
	{name: "qwen3vl", arch: "qwen3vl", kv: heads(map[string]any{
		"rope.dimension_sections": []int32{4, 2, 2, 0}, "n_deepstack_layers": uint32(3),
	}), layer: func(f *file, i int) {
		plain(f, i)
		headNorms(f, i)
	}},
	{name: "qwen3vlmoe", arch: "qwen3vlmoe", kv: heads(moe(map[string]any{"rope.dimension_sections": []int32{4, 3, 1, 0}})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		headNorms(f, i)
		experts(f, i, synthExpertDim, 0)
	}},
	{name: "seed_oss", arch: "seed_oss", kv: heads(nil), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "post_attention_norm")
		attention(f, i)
		addBiases(f, i, map[string]uint64{"attn_q": 64, "attn_k": 32, "attn_v": 32})
		dense(f, i)
	}, whole: ownOutput},
	{name: "exaone4", arch: "exaone4", kv: heads(nil), layer: exaone4},
	{name: "exaone4-32b", arch: "exaone4", layers: 64, kv: heads(map[string]any{
		"attention.sliding_window": uint32(8), "attention.sliding_window_pattern": uint32(4), "embedding_length": uint32(64),
	}), layer: exaone4},
	{name: "ernie4_5", arch: "ernie4_5", kv: heads(nil), layer: func(f *file, i int) {
		plain(f, i)
		addBiases(f, i, map[string]uint64{"attn_q": 64, "attn_k": 32, "attn_v": 32})
	}},
	{name: "hunyuan-dense", arch: "hunyuan-dense", kv: heads(map[string]any{
		"rope.scaling.alpha": float32(50),
	}), layer: func(f *file, i int) {
		plain(f, i)
		headNorms(f, i)
	}},
	{name: "internlm2", arch: "internlm2", layer: plain, whole: ownOutput},
	{name: "xverse", arch: "xverse", layer: plain, whole: ownOutput},
	{name: "arcee", arch: "arcee", layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		gateless(f, i)
	}, whole: ownOutput},
	{name: "nemotron", arch: "nemotron", kv: map[string]any{"rope.dimension_count": uint32(8)}, layer: func(f *file, i int) {
		biasedNorms(f, i)
		attention(f, i)
		gateless(f, i)
	}, whole: stablelmEnd},
	{name: "orion", arch: "orion", layer: func(f *file, i int) {
		biasedNorms(f, i)
		attention(f, i)
		dense(f, i)
	}, whole: stablelmEnd},
	{name: "olmo", arch: "olmo", bare: true, kv: map[string]any{"attention.clamp_kqv": float32(0.8)}, layer: func(f *file, i int) {
		attention(f, i)
		dense(f, i)
	}, whole: ownOutput},
	{name: "command-r", arch: "command-r", kv: map[string]any{"logit_scale": float32(0.25), "rope.scaling.type": "none"}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm")
		attention(f, i)
		dense(f, i)
	}},
	{name: "phi2", arch: "phi2", kv: map[string]any{"rope.dimension_count": uint32(8)}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm")
		addBiases(f, i, map[string]uint64{"attn_norm": 64, "attn_q": 64, "attn_k": 32, "attn_v": 32, "attn_output": 64})
		attention(f, i)
		biasedGateless(f, i)
	}, whole: func(f *file) {
		stablelmEnd(f)
		f.add("output.bias", synthVocab)
	}},
	{name: "openelm", arch: "openelm", kv: heads(map[string]any{
		"attention.head_count": []int32{4, 6, 4, 8}, "attention.head_count_kv": []int32{2, 3, 2, 4}, "feed_forward_length": []int32{96, 80, 96, 112},
	}), layer: func(f *file, i int) {
		count := []uint64{4, 6, 4, 8}[i]
		hidden := []uint64{96, 80, 96, 112}[i]
		norms(f, i, "attn_norm", "ffn_norm")
		f.weight(layerName(i, "attn_qkv"), synthDim, 2*count*synthHeadDim)
		f.weight(layerName(i, "attn_output"), count*synthHeadDim, synthDim)
		headNorms(f, i)
		f.weight(layerName(i, "ffn_gate"), synthDim, hidden)
		f.weight(layerName(i, "ffn_up"), synthDim, hidden)
		f.weight(layerName(i, "ffn_down"), hidden, synthDim)
	}},
	{name: "apertus", arch: "apertus", kv: heads(nil), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		headNorms(f, i)
		gateless(f, i)
	}, whole: func(f *file) {
		ownOutput(f)
		f.set("xielu.alpha_n", []float32{0.8, 0.5, 0.3, 0.2})
		f.set("xielu.alpha_p", []float32{0.8, 0.9, 1, 1.1})
		f.set("xielu.beta", []float32{0.5, 0.5, 0.4, 0.5})
		f.set("xielu.eps", float32(-1e-6))
	}},
	{name: "bitnet", arch: "bitnet", layer: func(f *file, i int) {
		plain(f, i)
		norms(f, i, "attn_sub_norm")
		f.add(layerName(i, "ffn_sub_norm"), synthHidden)
	}},
	{name: "minicpm", arch: "minicpm", layer: plain},
	{name: "minicpm-scales", arch: "minicpm", kv: map[string]any{
		"embedding_scale": float32(3), "residual_scale": float32(0.4), "logit_scale": float32(2),
	}, layer: plain},
	{name: "eurobert", arch: "eurobert", embeds: true, kv: map[string]any{"attention.causal": false, "pooling_type": uint32(1)}, layer: plain, whole: lastNorm},
	{name: "llama-embed", arch: "llama-embed", embeds: true, kv: map[string]any{"attention.causal": false, "pooling_type": uint32(1)}, layer: plain, whole: lastNorm},
	{name: "neo-bert", arch: "neo-bert", embeds: true, kv: map[string]any{"attention.causal": false, "pooling_type": uint32(2)}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		fusedAttention(f, i)
		fused(f, i)
	}, whole: func(f *file) { f.add("enc.output_norm.weight", synthDim) }},
	{name: "modern-bert", arch: "modern-bert", embeds: true, kv: modernBert(nil), layer: modernBertLayer, whole: modernBertEnd},
	{name: "modern-bert-silu", arch: "modern-bert", embeds: true, kv: modernBert(map[string]any{
		"hidden_activation": "silu", "rope.freq_base_swa": float32(500),
	}), layer: modernBertLayer, whole: modernBertEnd},
	{name: "gptneox", arch: "gptneox", kv: map[string]any{"use_parallel_residual": true, "rope.dimension_count": uint32(8)}, layer: gptneox, whole: stablelmEnd},
	{name: "gptneox-serial", arch: "gptneox", kv: map[string]any{"use_parallel_residual": false}, layer: gptneox, whole: stablelmEnd},
	{name: "falcon", arch: "falcon", layer: falcon, whole: stablelmEnd},
	{name: "falcon-40b", arch: "falcon", layer: func(f *file, i int) {
		falcon(f, i)
		norms(f, i, "attn_norm_2")
		f.add(layerBias(i, "attn_norm_2"), synthDim)
	}, whole: stablelmEnd},
}

// heads returns the keys of heads, and further ones.
func heads(more map[string]any) map[string]any {
	return withKeys(map[string]any{"attention.key_length": uint32(synthHeadDim), "attention.value_length": uint32(synthHeadDim)}, more)
}

// moe returns the keys of a mixture of experts, and further ones.
func moe(more map[string]any) map[string]any {
	return withKeys(map[string]any{
		"expert_count": uint32(synthExperts), "expert_used_count": uint32(synthUsed), "expert_feed_forward_length": uint32(synthExpertDim),
	}, more)
}

// headNorms adds the norms of queries and keys.
func headNorms(f *file, i int) {
	f.add(layerName(i, "attn_q_norm"), synthHeadDim)
	f.add(layerName(i, "attn_k_norm"), synthHeadDim)
}

// modernBert returns the keys of a ModernBERT, and further ones.
func modernBert(more map[string]any) map[string]any {
	return withKeys(map[string]any{
		"attention.causal": false, "pooling_type": uint32(1), "attention.head_count_kv": uint32(synthHeads),
		"attention.sliding_window": uint32(8), "rope.freq_base": float32(160000),
	}, more)
}

// modernBertLayer adds a layer of ModernBERT; the first has no norm of attention.
func modernBertLayer(f *file, i int) {
	if i > 0 {
		norms(f, i, "attn_norm")
	}
	norms(f, i, "ffn_norm")
	f.weight(layerName(i, "attn_qkv"), synthDim, 3*synthDim)
	f.weight(layerName(i, "attn_output"), synthDim, synthDim)
	fused(f, i)
}

// modernBertEnd adds the norms outside the layers.
func modernBertEnd(f *file) {
	f.add("token_embd_norm.weight", synthDim)
	lastNorm(f)
}

// lastNorm adds the last norm of an embedder.
func lastNorm(f *file) { f.add("output_norm.weight", synthDim) }

// ownOutput adds an output matrix.
func ownOutput(f *file) { f.normal("output.weight", 1, synthDim, synthVocab) }

// gateless adds a feed-forward network without a gate.
func gateless(f *file, i int) {
	f.weight(layerName(i, "ffn_up"), synthDim, synthHidden)
	f.weight(layerName(i, "ffn_down"), synthHidden, synthDim)
}

// biasedGateless adds a feed-forward network without a gate and with biases.
func biasedGateless(f *file, i int) {
	gateless(f, i)
	f.add(layerBias(i, "ffn_up"), synthHidden)
	f.add(layerBias(i, "ffn_down"), synthDim)
}

// biasedNorms adds layer norms.
func biasedNorms(f *file, i int) {
	norms(f, i, "attn_norm", "ffn_norm")
	addBiases(f, i, map[string]uint64{"attn_norm": 64, "ffn_norm": 64})
}

// exaone4 adds a layer of EXAONE 4.
func exaone4(f *file, i int) {
	norms(f, i, "post_attention_norm", "post_ffw_norm")
	attention(f, i)
	headNorms(f, i)
	dense(f, i)
}

// fusedAttention adds attention whose queries, keys and values are one matrix.
func fusedAttention(f *file, i int) {
	f.weight(layerName(i, "attn_qkv"), synthDim, (synthHeads+2*synthKVHeads)*synthHeadDim)
	f.weight(layerName(i, "attn_output"), synthDim, synthDim)
}

// gptneox adds a layer of GPT-NeoX.
func gptneox(f *file, i int) {
	biasedNorms(f, i)
	fusedAttention(f, i)
	f.add(fmt.Sprintf("blk.%d.attn_qkv.bias", i), (synthHeads+2*synthKVHeads)*synthHeadDim)
	f.add(layerBias(i, "attn_output"), synthDim)
	biasedGateless(f, i)
}

// falcon adds a layer of Falcon.
func falcon(f *file, i int) {
	norms(f, i, "attn_norm")
	addBiases(f, i, map[string]uint64{"attn_norm": 64})
	fusedAttention(f, i)
	f.weight(layerName(i, "ffn_up"), synthDim, synthHidden)
	f.normal(layerName(i, "ffn_down"), 0.05, synthHidden, synthDim) // llama.cpp looks GELU up in a table
}
