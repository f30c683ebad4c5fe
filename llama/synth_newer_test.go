package llama_test

// synthNewer are models of further mixtures of experts, PLaMo and T5's encoder.
var synthNewer = []synthetic{
	{name: "smallthinker", arch: "smallthinker", layers: 5, kv: heads(moe(map[string]any{"attention.sliding_window": uint32(8), "expert_gating_func": uint32(2)})), layer: routed(0)},
	{name: "smallthinker-full", arch: "smallthinker", kv: heads(moe(map[string]any{"expert_gating_func": uint32(1)})), layer: routed(0)},
	{name: "grovemoe", arch: "grovemoe", kv: heads(moe(map[string]any{
		"expert_count": uint32(8), "expert_used_count": uint32(3), "experts_per_group": uint32(2), "expert_group_scale": float32(0.4), "expert_chunk_feed_forward_length": uint32(24),
	})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		headNorms(f, i)
		f.normal(layerName(i, "ffn_gate_inp"), 0.3, synthDim, 8)
		f.weight(layerName(i, "ffn_gate_exps"), synthDim, synthExpertDim, 8)
		f.weight(layerName(i, "ffn_up_exps"), synthDim, synthExpertDim, 8)
		f.weight(layerName(i, "ffn_down_exps"), synthExpertDim, synthDim, 8)
		f.weight(layerName(i, "ffn_gate_chexps"), synthDim, 24, 4)
		f.weight(layerName(i, "ffn_up_chexps"), synthDim, 24, 4)
		f.weight(layerName(i, "ffn_down_chexps"), 24, synthDim, 4)
	}},
	{name: "step35", arch: "step35", layers: 5, kv: heads(moe(map[string]any{
		"block_count": uint32(5), "nextn_predict_layers": uint32(1), "attention.head_count": []int32{4, 6, 6, 4, 4}, "attention.head_count_kv": []int32{2, 2, 2, 2, 2},
		"attention.sliding_window": uint32(8), "attention.sliding_window_pattern": []bool{false, true, true, false, false},
		"expert_shared_feed_forward_length": uint32(24), "expert_weights_norm": true, "expert_weights_scale": float32(2.5), "leading_dense_block_count": uint32(1),
		"swiglu_clamp_exp": []float32{0, 0, 0.3, 0.5, 0}, "swiglu_clamp_shexp": []float32{0.2, 0, 0.4, 0, 0}, "rope.freq_base": float32(5e6), "rope.freq_base_swa": float32(20000),
	})), layer: step35, whole: func(f *file) {
		ownOutput(f)
		f.add("rope_freqs.weight", synthHeadDim/2)
		copy(f.at("rope_freqs.weight").x, []float32{1, 1.5, 2, 4, 8, 8, 8, 8})
	}},
	{name: "laguna", arch: "laguna", kv: heads(moe(map[string]any{
		"attention.head_count": []int32{4, 6, 6, 6}, "attention.head_count_kv": []int32{2, 2, 2, 2}, "attention.sliding_window": uint32(8), "leading_dense_block_count": uint32(1),
		"expert_shared_feed_forward_length": uint32(24), "expert_weights_norm": true, "expert_weights_scale": float32(2.5), "rope.dimension_count": uint32(8), "rope.dimension_count_swa": uint32(16),
		"rope.freq_base": float32(500000), "rope.freq_base_swa": float32(10000), "rope.scaling.type": "yarn", "rope.scaling.factor": float32(4), "rope.scaling.original_context_length": uint32(16),
	})), layer: laguna(true)},
	{name: "laguna-m", arch: "laguna", kv: heads(moe(map[string]any{"leading_dense_block_count": uint32(1), "attention.head_count": []int32{4, 6, 6, 6}, "attention.head_count_kv": []int32{2, 2, 2, 2}})), layer: laguna(false), whole: ownOutput},
	{name: "mellum", arch: "mellum", kv: heads(moe(map[string]any{
		"attention.sliding_window": uint32(8), "rope.scaling.type": "yarn", "rope.scaling.factor": float32(4), "rope.scaling.original_context_length": uint32(16),
	})), layer: func(f *file, i int) {
		routed(0)(f, i)
		headNorms(f, i)
	}, whole: ownOutput},
	{name: "bailingmoe", arch: "bailingmoe", kv: moe(map[string]any{
		"rope.dimension_count": uint32(20), "attention.key_length": uint32(20), "attention.value_length": uint32(20), "expert_shared_count": uint32(2), "expert_weights_norm": true, "attention.head_count_kv": uint32(2),
	}), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		f.weight(layerName(i, "attn_q"), synthDim, 4*20)
		f.weight(layerName(i, "attn_k"), synthDim, 2*20)
		f.weight(layerName(i, "attn_v"), synthDim, 2*20)
		f.weight(layerName(i, "attn_output"), 4*20, synthDim)
		experts(f, i, synthExpertDim, 2*synthExpertDim)
	}, whole: ownOutput},
	{name: "hy_v3", arch: "hy_v3", layers: 4, kv: heads(moe(map[string]any{
		"expert_shared_feed_forward_length": uint32(24), "expert_weights_norm": true, "expert_weights_scale": float32(1.5),
	})), layer: func(f *file, i int) {
		if i == 0 {
			plain(f, i)
		} else {
			routed(24)(f, i)
			centred(f, "blk."+string(rune('0'+i))+".exp_probs_b", synthExperts)
		}
		headNorms(f, i)
	}},
	{name: "t5encoder", arch: "t5encoder", embeds: true, kv: map[string]any{
		"attention.relative_buckets_count": uint32(16), "attention.head_count_kv": uint32(6), "attention.head_count": uint32(6),
		"attention.key_length": uint32(synthHeadDim), "attention.value_length": uint32(synthHeadDim),
	}, layer: t5(false), whole: func(f *file) { f.add("enc.output_norm.weight", synthDim) }},
	{name: "t5encoder-gate", arch: "t5encoder", embeds: true, kv: map[string]any{
		"attention.relative_buckets_count": uint32(32), "attention.head_count_kv": uint32(6), "attention.head_count": uint32(6),
		"attention.key_length": uint32(synthHeadDim), "attention.value_length": uint32(synthHeadDim),
	}, layer: t5(true), whole: func(f *file) {
		f.add("enc.output_norm.weight", synthDim)
		ownOutput(f) // a file may have it
	}},
	{name: "plamo", arch: "plamo", layer: func(f *file, i int) {
		norms(f, i, "attn_norm")
		attention(f, i)
		dense(f, i)
	}, whole: ownOutput},
}

// routed returns a function that adds a layer of experts and, if shared > 0, a shared
// expert.
func routed(shared uint64) func(f *file, i int) {
	return func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		experts(f, i, synthExpertDim, shared)
	}
}

// outGated adds attention with the given heads and rows of the gate of its output.
func outGated(f *file, i int, heads, gates uint64) {
	norms(f, i, "attn_norm", "ffn_norm")
	f.weight(layerName(i, "attn_q"), synthDim, heads*synthHeadDim)
	f.weight(layerName(i, "attn_k"), synthDim, synthKVHeads*synthHeadDim)
	f.weight(layerName(i, "attn_v"), synthDim, synthKVHeads*synthHeadDim)
	f.weight(layerName(i, "attn_output"), heads*synthHeadDim, synthDim)
	f.weight(layerName(i, "attn_gate"), synthDim, gates)
}

// step35 adds a layer of Step 3.5: three of four have experts. The fifth predicts
// further tokens.
func step35(f *file, i int) {
	if i == 4 {
		norms(f, i, "nextn.enorm", "nextn.hnorm")
		f.weight(layerName(i, "nextn.eh_proj"), 2*synthDim, synthDim)
	}
	heads := []uint64{4, 6, 6, 4, 4}[i]
	outGated(f, i, heads, heads)
	headNorms(f, i)
	if i == 0 || i == 4 {
		dense(f, i)
		return
	}
	experts(f, i, synthExpertDim, 24)
	centred(f, layerBias(i, "exp_probs_b"), synthExperts)
}

// laguna returns a function that adds a layer of Laguna, with gates of heads or of
// elements.
func laguna(perHead bool) func(f *file, i int) {
	return func(f *file, i int) {
		heads := []uint64{4, 6, 6, 6}[i]
		gates := heads
		if !perHead {
			gates *= synthHeadDim
		}
		outGated(f, i, heads, gates)
		headNorms(f, i)
		if i == 0 {
			dense(f, i)
			return
		}
		shared := uint64(synthExpertDim)
		if perHead {
			shared = 24
		}
		experts(f, i, synthExpertDim, shared)
		centred(f, layerBias(i, "exp_probs_b"), synthExperts)
	}
}

// t5 returns a function that adds a layer of T5's encoder, whose first layer has
// biases of distances; the last one with a gate has its own.
func t5(gate bool) func(f *file, i int) {
	return func(f *file, i int) {
		name := func(s string) string { return "enc." + layerName(i, s) }
		f.add(name("attn_norm"), synthDim)
		f.add(name("ffn_norm"), synthDim)
		for _, n := range []string{"attn_q", "attn_k", "attn_v"} {
			f.normal(name(n), 0.08, synthDim, 6*synthHeadDim)
		}
		f.weight(name("attn_o"), 6*synthHeadDim, synthDim)
		switch {
		case !gate && i == 0:
			f.normal(name("attn_rel_b"), 1, 6, 16)
		case gate && (i == 0 || i == 3):
			f.normal(name("attn_rel_b"), 1, 6, 32)
		}
		down := float32(0.15)
		if gate {
			f.weight(name("ffn_gate"), synthDim, synthHidden)
			down = 0.05 // llama.cpp looks GELU up in a table
		}
		f.weight(name("ffn_up"), synthDim, synthHidden)
		f.normal(name("ffn_down"), down, synthHidden, synthDim)
	}
}
