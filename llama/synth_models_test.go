package llama_test

import (
	"fmt"
	"slices"
)

// synthetics are the synthetic models; testdata/made.json has their logits by
// name.
var synthetics = slices.Concat(synthOptions, synthGemma, synthDense, synthOlder, synthNewer, synthMixtures)

// synthOptions are models of families with few differences from llama.
var synthOptions = []synthetic{
	{name: "llama-bias", arch: "llama", layer: func(f *file, i int) {
		plain(f, i)
		addBiases(f, i, map[string]uint64{"attn_q": 64, "attn_k": 32, "attn_v": 32, "attn_output": 64})
	}},
	{name: "llama-scale", arch: "llama", kv: map[string]any{
		"expert_count": uint32(synthExperts), "expert_used_count": uint32(synthUsed),
	}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		experts(f, i, synthHidden, 0)
		for _, n := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			addScales(f, fmt.Sprintf("blk.%d.%s", i, n), 1)
		}
		for _, n := range []string{"ffn_gate_exps", "ffn_up_exps", "ffn_down_exps"} {
			addScales(f, fmt.Sprintf("blk.%d.%s", i, n), synthExperts)
		}
	}},
	{name: "llama-scale-dense", arch: "llama", layer: func(f *file, i int) {
		plain(f, i)
		for _, n := range []string{"ffn_gate", "ffn_up", "ffn_down"} {
			addScales(f, fmt.Sprintf("blk.%d.%s", i, n), 1)
		}
	}},
	{name: "gemma2", arch: "gemma2", layer: normsAround, kv: map[string]any{
		"attention.sliding_window": uint32(8), "attn_logit_softcapping": float32(3), "final_logit_softcapping": float32(4),
		"attention.key_length": uint32(synthHeadDim), "attention.value_length": uint32(synthHeadDim),
	}},
	{name: "granitemoe", arch: "granitemoe", kv: map[string]any{
		"expert_count": uint32(synthExperts), "expert_used_count": uint32(synthUsed), "expert_shared_feed_forward_length": uint32(24),
		"embedding_scale": float32(3), "residual_scale": float32(0.4), "attention.scale": float32(0.1), "logit_scale": float32(2),
	}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		experts(f, i, synthHidden, 24)
	}},
	{name: "olmoe", arch: "olmoe", kv: map[string]any{
		"attention.head_count_kv": uint32(synthHeads), "expert_count": uint32(synthExperts), "expert_used_count": uint32(synthUsed),
	}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		for _, n := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			f.weight(layerName(i, n), synthDim, synthDim)
		}
		norms(f, i, "attn_q_norm", "attn_k_norm")
		experts(f, i, synthHidden, 0)
	}, whole: func(f *file) { f.normal("output.weight", 1, synthDim, synthVocab) }},
	{name: "olmo3", arch: "olmo2", kv: map[string]any{
		"attention.sliding_window": uint32(8), "rope.scaling.type": "yarn", "rope.scaling.factor": float32(4),
		"rope.scaling.original_context_length": uint32(16),
	}, layer: func(f *file, i int) {
		norms(f, i, "post_attention_norm", "post_ffw_norm")
		attention(f, i)
		f.add(layerName(i, "attn_q_norm"), synthDim)
		f.add(layerName(i, "attn_k_norm"), synthKVHeads*synthHeadDim)
		dense(f, i)
	}, whole: func(f *file) { f.normal("output.weight", 1, synthDim, synthVocab) }},
	{name: "smollm3", arch: "smollm3", layer: plain},
	{name: "mistral3", arch: "mistral3", layer: plain, kv: map[string]any{
		"attention.temperature_scale": float32(0.3), "rope.scaling.type": "yarn", "rope.scaling.factor": float32(4),
		"rope.scaling.original_context_length": uint32(16), "rope.scaling.yarn_log_multiplier": float32(0.7),
	}},
	{name: "glm4", arch: "glm4", kv: map[string]any{"rope.dimension_count": uint32(8)}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
		attention(f, i)
		fused(f, i)
	}},
	{name: "cohere2", arch: "cohere2", kv: map[string]any{
		"attention.sliding_window": uint32(8), "logit_scale": float32(0.25),
	}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm")
		attention(f, i)
		dense(f, i)
	}},
	{name: "stablelm", arch: "stablelm", kv: map[string]any{"rope.dimension_count": uint32(4)}, layer: func(f *file, i int) {
		plain(f, i)
		addBiases(f, i, map[string]uint64{"attn_norm": 64, "ffn_norm": 64, "attn_q": 64, "attn_k": 32, "attn_v": 32})
	}, whole: stablelmEnd},
	{name: "stablelm-2-12b", arch: "stablelm", kv: map[string]any{"rope.dimension_count": uint32(4)}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm")
		addBiases(f, i, map[string]uint64{"attn_norm": 64})
		attention(f, i)
		f.add(layerName(i, "attn_q_norm"), synthHeadDim, synthHeads)
		f.add(layerName(i, "attn_k_norm"), synthHeadDim, synthKVHeads)
		dense(f, i)
	}, whole: stablelmEnd},
	{name: "deepseek", arch: "deepseek", kv: map[string]any{
		"expert_count": uint32(synthExperts), "expert_used_count": uint32(synthUsed), "expert_feed_forward_length": uint32(synthExpertDim),
		"expert_shared_count": uint32(2), "leading_dense_block_count": uint32(1), "expert_weights_scale": float32(1.5),
	}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		attention(f, i)
		if i == 0 {
			dense(f, i)
		} else {
			experts(f, i, synthExpertDim, 2*synthExpertDim)
		}
	}},
	{name: "phi3-longrope", arch: "phi3", kv: map[string]any{
		"rope.scaling.original_context_length": uint32(16), "rope.scaling.attn_factor": float32(1.2),
	}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		f.weight(layerName(i, "attn_qkv"), synthDim, (synthHeads+2*synthKVHeads)*synthHeadDim)
		f.weight(layerName(i, "attn_output"), synthDim, synthDim)
		fused(f, i)
	}, whole: func(f *file) {
		for k, name := range []string{"rope_factors_long.weight", "rope_factors_short.weight"} {
			t := f.add(name, synthHeadDim/2)
			for i := range t.x {
				t.x[i] = float32(1 + (2-k)*i)
			}
		}
	}},
	{name: "gpt-oss-sinks", arch: "gpt-oss", kv: map[string]any{
		"attention.sliding_window": uint32(8), "expert_count": uint32(synthExperts), "expert_used_count": uint32(synthUsed),
		"expert_feed_forward_length": uint32(synthExpertDim),
		"attention.key_length":       uint32(synthHeadDim), "attention.value_length": uint32(synthHeadDim),
	}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "post_attention_norm")
		attention(f, i)
		f.add(layerName(i, "attn_sinks"), synthHeads)
		addBiases(f, i, map[string]uint64{"attn_q": 64, "attn_k": 32, "attn_v": 32, "attn_output": 64})
		experts(f, i, synthExpertDim, 0)
		for _, n := range []string{"ffn_gate_exps", "ffn_up_exps"} {
			f.add(layerName(i, n)[:len(layerName(i, n))-len("weight")]+"bias", synthExpertDim, synthExperts)
		}
		f.add(layerName(i, "ffn_down_exps")[:len(layerName(i, "ffn_down_exps"))-len("weight")]+"bias", synthDim, synthExperts)
		f.add(layerName(i, "ffn_gate_inp")[:len(layerName(i, "ffn_gate_inp"))-len("weight")]+"bias", synthExperts)
	}, whole: func(f *file) { f.normal("output.weight", 1, synthDim, synthVocab) }},
	{name: "bert", arch: "bert", embeds: true, kv: map[string]any{"attention.causal": false, "pooling_type": uint32(1)}, layer: func(f *file, i int) {
		encoding(f, i)
		f.weight(layerName(i, "ffn_up"), synthDim, synthHidden)
		f.weight(layerName(i, "ffn_down"), synthHidden, synthDim)
		addBiases(f, i, map[string]uint64{"attn_q": 64, "attn_k": 32, "attn_v": 32, "attn_output": 64})
	}, whole: func(f *file) {
		encoderEnd(f)
		f.normal("position_embd.weight", 1, synthDim, 64)
	}},
	{name: "nomic-bert", arch: "nomic-bert", embeds: true, kv: map[string]any{"attention.causal": false}, layer: func(f *file, i int) {
		encoding(f, i)
		dense(f, i)
	}, whole: encoderEnd},
	{name: "bert-rank", arch: "bert", embeds: true, kv: map[string]any{"attention.causal": false, "pooling_type": uint32(4)}, layer: func(f *file, i int) {
		encoding(f, i)
		f.weight(layerName(i, "ffn_up"), synthDim, synthHidden)
		f.weight(layerName(i, "ffn_down"), synthHidden, synthDim)
	}, whole: func(f *file) {
		encoderEnd(f)
		f.normal("position_embd.weight", 1, synthDim, 64)
		f.weight("cls.weight", synthDim, synthDim)
		f.add("cls.bias", synthDim)
		f.weight("cls.output.weight", synthDim, 1)
		f.add("cls.output.bias", 1)
	}},
	{name: "jina-bert-v2", arch: "jina-bert-v2", embeds: true, kv: map[string]any{"attention.causal": false, "pooling_type": uint32(1)}, layer: func(f *file, i int) {
		encoding(f, i)
		addBiases(f, i, map[string]uint64{"attn_q": 64, "attn_k": 32, "attn_v": 32, "attn_output": 64})
		dense(f, i)
		f.add(layerBias(i, "ffn_down"), synthDim)
	}, whole: encoderEnd},
	{name: "jina-bert-v2-norms", arch: "jina-bert-v2", embeds: true, kv: map[string]any{
		"attention.causal": false, "pooling_type": uint32(4), "attention.head_count_kv": uint32(synthHeads),
	}, layer: func(f *file, i int) {
		for _, n := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			f.weight(layerName(i, n), synthDim, synthDim)
			f.add(layerBias(i, n), synthDim)
		}
		for _, n := range []string{"attn_q_norm", "attn_k_norm", "attn_norm_2", "attn_output_norm", "layer_output_norm"} {
			f.add(layerName(i, n), synthDim)
			f.add(layerBias(i, n), synthDim)
		}
		fused(f, i)
		f.add(layerBias(i, "ffn_up"), 2*synthHidden)
		f.add(layerBias(i, "ffn_down"), synthDim)
	}, whole: func(f *file) {
		encoderEnd(f)
		f.weight("cls.weight", synthDim, 1)
		f.add("cls.bias", 1)
	}},
	{name: "jina-bert-v3", arch: "jina-bert-v3", embeds: true, kv: map[string]any{"attention.causal": false, "pooling_type": uint32(1)}, layer: func(f *file, i int) {
		encoderNorms(f, i)
		f.weight(layerName(i, "attn_qkv"), synthDim, (synthHeads+2*synthKVHeads)*synthHeadDim)
		f.weight(layerName(i, "attn_output"), synthDim, synthDim)
		f.weight(layerName(i, "ffn_up"), synthDim, synthHidden)
		f.weight(layerName(i, "ffn_down"), synthHidden, synthDim)
		addBiases(f, i, map[string]uint64{"attn_output": 64})
	}, whole: encoderEnd},
	{name: "gemma-embedding", arch: "gemma-embedding", embeds: true, layer: gemmaEmbedding, kv: map[string]any{
		"attention.sliding_window": uint32(8), "pooling_type": uint32(1), "attention.key_length": uint32(synthHeadDim), "attention.value_length": uint32(synthHeadDim),
		"attention.sliding_window_pattern": uint32(2), "rope.freq_base": float32(1e6), "dense_2_feat_in": uint32(synthDim), "dense_2_feat_out": uint32(96),
		"dense_3_feat_in": uint32(96), "dense_3_feat_out": uint32(synthDim),
	}, whole: func(f *file) {
		f.add("output_norm.weight", synthDim)
		f.weight("dense_2.weight", synthDim, 96)
		f.weight("dense_3.weight", 96, synthDim)
	}},
	{name: "qwen3-rank", arch: "qwen3", kv: map[string]any{
		"pooling_type": uint32(4), "classifier.output_labels": []string{"yes", "no"}, "attention.key_length": uint32(synthHeadDim), "attention.value_length": uint32(synthHeadDim),
	}, layer: func(f *file, i int) {
		plain(f, i)
		f.add(layerName(i, "attn_q_norm"), synthHeadDim)
		f.add(layerName(i, "attn_k_norm"), synthHeadDim)
	}, whole: func(f *file) { f.weight("cls.output.weight", synthDim, 2) }},
}

// layerBias returns the name of a bias of layer i.
func layerBias(i int, name string) string { return fmt.Sprintf("blk.%d.%s.bias", i, name) }

// gemmaEmbedding adds a layer of EmbeddingGemma.
func gemmaEmbedding(f *file, i int) {
	normsAround(f, i)
	f.add(layerName(i, "attn_q_norm"), synthHeadDim)
	f.add(layerName(i, "attn_k_norm"), synthHeadDim)
}

// encoding adds the attention and the norms of an embedder.
func encoding(f *file, i int) {
	attention(f, i)
	encoderNorms(f, i)
}

// encoderNorms adds the norms of an embedder.
func encoderNorms(f *file, i int) {
	for _, n := range []string{"attn_output_norm", "layer_output_norm"} {
		f.add(layerName(i, n), synthDim)
		addBiases(f, i, map[string]uint64{n: synthDim})
	}
}

// encoderEnd adds the tensors of an embedder outside its layers.
func encoderEnd(f *file) {
	f.set("tokenizer.ggml.token_type_count", uint32(2))
	f.normal("token_types.weight", 1, synthDim, 2)
	f.add("token_embd_norm.weight", synthDim)
	t := f.add("token_embd_norm.bias", synthDim)
	for i := range t.x {
		t.x[i] = (t.x[i] - 1) / 2
	}
}

// stablelmEnd adds the tensors after the layers.
func stablelmEnd(f *file) {
	t := f.add("output_norm.bias", synthDim)
	for i := range t.x {
		t.x[i] = (t.x[i] - 1) / 2
	}
	f.normal("output.weight", 1, synthDim, synthVocab)
}
