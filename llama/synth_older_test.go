package llama_test

// synthOlder are models of the dense families that came before, or beside, llama's
// successors: those with ALiBi or learned positions, and close relatives of llama.
var synthOlder = []synthetic{
	{name: "baichuan-7b", arch: "baichuan", layers: 32, layer: plain, whole: ownOutput},
	{name: "baichuan-13b", arch: "baichuan", layers: 40, layer: plain, whole: ownOutput},
	{name: "bloom", arch: "bloom", layer: narrowGPT, whole: func(f *file) {
		f.add("token_embd_norm.weight", synthDim)
		centred(f, "token_embd_norm.bias", synthDim)
		centred(f, "output_norm.bias", synthDim)
	}},
	{name: "mpt", arch: "mpt", kv: map[string]any{
		"attention.max_alibi_bias": float32(6), "attention.clamp_kqv": float32(0.8), "attention.head_count": uint32(16), "attention.head_count_kv": uint32(16),
	}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		f.weight(layerName(i, "attn_qkv"), synthDim, 3*synthDim)
		f.weight(layerName(i, "attn_output"), synthDim, synthDim)
		narrowGateless(f, i)
	}},
	{name: "mpt-options", arch: "mpt", layer: func(f *file, i int) {
		biasedNorms(f, i)
		f.weight(layerName(i, "attn_qkv"), synthDim, 3*synthDim)
		centred(f, layerBias(i, "attn_qkv"), 3*synthDim)
		f.weight(layerName(i, "attn_output"), synthDim, synthDim)
		centred(f, layerBias(i, "attn_output"), synthDim)
		narrowGateless(f, i)
		centred(f, layerBias(i, "ffn_up"), synthHidden)
		centred(f, layerBias(i, "ffn_down"), synthDim)
	}, kv: map[string]any{"attention.head_count_kv": uint32(synthHeads)}, whole: func(f *file) {
		stablelmEnd(f)
		f.normal("position_embd.weight", 1, synthDim, 64)
	}},
	{name: "jais", arch: "jais", kv: map[string]any{"attention.max_alibi_bias": float32(8), "attention.head_count": uint32(8), "attention.head_count_kv": uint32(8)}, layer: func(f *file, i int) {
		biasedNorms(f, i)
		f.weight(layerName(i, "attn_qkv"), synthDim, 3*synthDim)
		centred(f, layerBias(i, "attn_qkv"), 3*synthDim)
		f.weight(layerName(i, "attn_output"), synthDim, synthDim)
		centred(f, layerBias(i, "attn_output"), synthDim)
		dense(f, i)
		centred(f, layerBias(i, "ffn_gate"), synthHidden)
		centred(f, layerBias(i, "ffn_up"), synthHidden)
		centred(f, layerBias(i, "ffn_down"), synthDim)
	}, whole: stablelmEnd},
	{name: "jais2", arch: "jais2", kv: heads(nil), layer: func(f *file, i int) {
		biasedNorms(f, i)
		attention(f, i)
		addBiases(f, i, map[string]uint64{"attn_q": 64, "attn_k": 32, "attn_v": 32, "attn_output": 64})
		biasedGateless(f, i)
	}, whole: stablelmEnd},
	{name: "refact", arch: "refact", kv: map[string]any{"attention.head_count_kv": uint32(1)}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		f.weight(layerName(i, "attn_q"), synthDim, synthDim)
		f.weight(layerName(i, "attn_k"), synthDim, synthHeadDim)
		f.weight(layerName(i, "attn_v"), synthDim, synthHeadDim)
		f.weight(layerName(i, "attn_output"), synthDim, synthDim)
		dense(f, i)
	}, whole: ownOutput},
	{name: "starcoder", arch: "starcoder", layer: narrowGPT, whole: func(f *file) {
		centred(f, "output_norm.bias", synthDim)
		f.normal("position_embd.weight", 1, synthDim, 64)
	}},
	{name: "codeshell", arch: "codeshell", layer: func(f *file, i int) {
		biasedNorms(f, i)
		attention(f, i)
		addBiases(f, i, map[string]uint64{"attn_q": 64, "attn_k": 32, "attn_v": 32, "attn_output": 64})
		narrowGateless(f, i)
		centred(f, layerBias(i, "ffn_up"), synthHidden)
		centred(f, layerBias(i, "ffn_down"), synthDim)
	}, whole: stablelmEnd},
	{name: "qwen", arch: "qwen", kv: map[string]any{"feed_forward_length": uint32(2 * synthHidden), "attention.head_count_kv": uint32(synthHeads)}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		f.weight(layerName(i, "attn_qkv"), synthDim, 3*synthDim)
		centred(f, layerBias(i, "attn_qkv"), 3*synthDim)
		f.weight(layerName(i, "attn_output"), synthDim, synthDim)
		dense(f, i)
	}, whole: ownOutput},
	{name: "chatglm", arch: "chatglm", kv: map[string]any{"rope.dimension_count": uint32(8)}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		fusedAttention(f, i)
		centred(f, layerBias(i, "attn_qkv"), (synthHeads+2*synthKVHeads)*synthHeadDim)
		fused(f, i)
	}, whole: ownOutput},
	{name: "exaone", arch: "exaone", kv: heads(nil), layer: plain, whole: func(f *file) {
		ownOutput(f)
		f.add("rope_freqs.weight", synthHeadDim/2)
	}},
	{name: "pangu-embedded", arch: "pangu-embedded", kv: heads(nil), layer: func(f *file, i int) {
		plain(f, i)
		addBiases(f, i, map[string]uint64{"attn_q": 64, "attn_k": 32, "attn_v": 32, "attn_output": 64})
	}},
	{name: "maincoder", arch: "maincoder", kv: heads(nil), layer: func(f *file, i int) {
		plain(f, i)
		headNorms(f, i)
	}},
	{name: "plm", arch: "plm", kv: wholeMLA(map[string]any{"attention.q_lora_rank": uint32(0)}), layer: func(f *file, i int) {
		f.weight(layerName(i, "attn_q"), synthDim, synthHeads*24)
		wholeLatent(f, i)
		gateless(f, i)
	}},
	{name: "minicpm3", arch: "minicpm3", kv: wholeMLA(map[string]any{"rope.scaling.original_context_length": uint32(16), "rope.scaling.attn_factor": float32(1.1)}), layer: func(f *file, i int) {
		lowQueries(f, i)
		wholeLatent(f, i)
		dense(f, i)
	}, whole: func(f *file) {
		f.add("rope_factors_long.weight", 4)
		f.add("rope_factors_short.weight", 4)
		for _, n := range []string{"rope_factors_long.weight", "rope_factors_short.weight"} {
			for i := range f.at(n).x {
				f.at(n).x[i] = float32(i)/2 + 1
			}
		}
	}},
	{name: "deepseek-v3-old", arch: "deepseek2", kv: moe(wholeMLA(map[string]any{
		"expert_shared_count": uint32(1), "leading_dense_block_count": uint32(1), "expert_gating_func": uint32(2), "expert_weights_norm": true,
		"rope.scaling.type": "yarn", "rope.scaling.factor": float32(4), "rope.scaling.original_context_length": uint32(16), "rope.scaling.yarn_log_multiplier": float32(0.1),
	})), layer: func(f *file, i int) {
		lowQueries(f, i)
		wholeLatent(f, i)
		denseFirst(f, i, synthExpertDim)
	}, whole: ownOutput},
	{name: "paddleocr", arch: "paddleocr", kv: heads(map[string]any{"rope.dimension_sections": []int32{2, 3, 3, 0}}), layer: plain},
	{name: "hunyuan_vl", arch: "hunyuan_vl", kv: heads(map[string]any{
		"rope.dimension_sections": []int32{2, 2, 2, 2}, "rope.scaling.alpha": float32(50),
	}), layer: func(f *file, i int) {
		plain(f, i)
		headNorms(f, i)
	}},
}

// centred adds a vector around 0.
func centred(f *file, name string, n uint64) {
	t := f.add(name, n)
	for k := range t.x {
		t.x[k] = (t.x[k] - 1) / 2
	}
}

// narrowGateless adds a feed-forward network without a gate whose output is small, as
// llama.cpp looks GELU up in a table.
func narrowGateless(f *file, i int) {
	f.weight(layerName(i, "ffn_up"), synthDim, synthHidden)
	f.normal(layerName(i, "ffn_down"), 0.05, synthHidden, synthDim)
}

// narrowGPT adds a layer like GPT-NeoX's with a small output of the network.
func narrowGPT(f *file, i int) {
	biasedNorms(f, i)
	fusedAttention(f, i)
	centred(f, layerBias(i, "attn_qkv"), (synthHeads+2*synthKVHeads)*synthHeadDim)
	centred(f, layerBias(i, "attn_output"), synthDim)
	narrowGateless(f, i)
	centred(f, layerBias(i, "ffn_up"), synthHidden)
	centred(f, layerBias(i, "ffn_down"), synthDim)
}

// wholeMLA returns the keys of attention of low rank with one matrix for keys and
// values, and further ones.
func wholeMLA(more map[string]any) map[string]any {
	return withKeys(map[string]any{
		"attention.head_count_kv": uint32(synthHeads), "attention.key_length": uint32(24), "attention.value_length": uint32(16),
		"attention.q_lora_rank": uint32(24), "attention.kv_lora_rank": uint32(32), "rope.dimension_count": uint32(8),
	}, more)
}

// lowQueries adds queries of low rank.
func lowQueries(f *file, i int) {
	f.weight(layerName(i, "attn_q_a"), synthDim, 24)
	f.add(layerName(i, "attn_q_a_norm"), 24)
	f.weight(layerName(i, "attn_q_b"), 24, synthHeads*24)
}

// wholeLatent adds what attention of low rank has besides its queries.
func wholeLatent(f *file, i int) {
	norms(f, i, "attn_norm", "ffn_norm")
	f.weight(layerName(i, "attn_kv_a_mqa"), synthDim, 40)
	f.add(layerName(i, "attn_kv_a_norm"), 32)
	f.weight(layerName(i, "attn_kv_b"), 32, synthHeads*(16+16))
	f.weight(layerName(i, "attn_output"), synthHeads*16, synthDim)
}
