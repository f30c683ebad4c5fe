package llama_test

import (
	"maps"
	"strings"
)

// The shape of the recurrent layers of synthetic models.
const (
	synthConv, synthState, synthStates, synthGroups = 4, 16, 4, 2
	synthInner                                      = synthState * synthStates
)

func init() { synthetics = append(synthetics, hybrids...) }

// hybrids are synthetic models with recurrent layers; testdata/hybrid.json has
// their logits.
var hybrids = []synthetic{
	{name: "qwen35", arch: "qwen35", kv: qwen35(nil), layer: qwen35Layer(func(i int) bool { return i%4 < 3 }, synthGroups)},
	{name: "qwen35-list", arch: "qwen35", kv: qwen35(map[string]any{
		"attention.recurrent_layers": []bool{true, false, true, true, false}, "ssm.group_count": uint32(synthStates),
		"block_count": uint32(synthLayers + 1), "nextn_predict_layers": uint32(1),
	}), layer: qwen35Layer(func(i int) bool { return i != 1 }, synthStates), whole: func(f *file) {
		f.normal("output.weight", 1, synthDim, synthVocab)
		qwen35Layer(func(int) bool { return false }, 0)(f, synthLayers)
		f.weight(layerName(synthLayers, "nextn.eh_proj"), 2*synthDim, synthDim)
		norms(f, synthLayers, "nextn.enorm", "nextn.hnorm", "nextn.shared_head_norm")
	}},
	{name: "qwen35moe", arch: "qwen35moe", kv: moeKV(qwen35(map[string]any{"expert_shared_feed_forward_length": uint32(24)})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "post_attention_norm")
		if i == 3 {
			gatedAttention(f, i)
		} else {
			delta(f, i, synthGroups)
		}
		experts(f, i, synthExpertDim, 24)
		f.weight(layerName(i, "ffn_gate_inp_shexp"), synthDim)
	}},
	{name: "qwen3next", arch: "qwen3next", kv: moeKV(qwen35(map[string]any{"expert_shared_feed_forward_length": uint32(24)})), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "post_attention_norm")
		if i == 3 {
			gatedAttention(f, i)
		} else {
			deltaState(f, i, synthGroups)
			f.weight(layerName(i, "attn_qkv"), synthDim, 2*synthGroups*synthState+synthInner)
			f.weight(layerName(i, "attn_gate"), synthDim, synthInner)
			f.weight(layerName(i, "ssm_ba"), synthDim, 2*synthStates)
		}
		f.normal(layerName(i, "ffn_gate_inp"), 0.3, synthDim, synthExperts)
		f.weight(layerName(i, "ffn_gate_up_exps"), synthDim, 2*synthExpertDim, synthExperts)
		f.weight(layerName(i, "ffn_down_exps"), synthExpertDim, synthDim, synthExperts)
		f.weight(layerName(i, "ffn_gate_shexp"), synthDim, 24)
		f.weight(layerName(i, "ffn_up_shexp"), synthDim, 24)
		f.weight(layerName(i, "ffn_down_shexp"), 24, synthDim)
		f.weight(layerName(i, "ffn_gate_inp_shexp"), synthDim)
	}},
	{name: "lfm2", arch: "lfm2", kv: map[string]any{
		"shortconv.l_cache": uint32(3), "attention.head_count_kv": []int32{0, synthKVHeads, 0, synthKVHeads}, "rope.freq_base": float32(1e6),
	}, layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		if i%2 == 1 {
			attention(f, i)
			f.add(layerName(i, "attn_q_norm"), synthHeadDim)
			f.add(layerName(i, "attn_k_norm"), synthHeadDim)
		} else {
			f.normal(layerName(i, "shortconv.conv"), 0.5, 3, synthDim)
			f.weight(layerName(i, "shortconv.in_proj"), synthDim, 3*synthDim)
			f.weight(layerName(i, "shortconv.out_proj"), synthDim, synthDim)
		}
		dense(f, i)
	}, whole: func(f *file) {
		f.remove("output_norm.weight")
		f.add("token_embd_norm.weight", synthDim)
	}},
	{name: "granitehybrid", arch: "granitehybrid", kv: mamba2KV(granite), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		if i == 2 {
			attention(f, i)
		} else {
			mamba2(f, i)
		}
		dense(f, i)
	}},
	{name: "granitehybrid-moe", arch: "granitehybrid", kv: mamba2KV(granite, map[string]any{
		"expert_count": uint32(synthExperts), "expert_used_count": uint32(synthUsed), "expert_shared_feed_forward_length": uint32(24),
		"rope.scaling.finetuned": false, "attention.head_count_kv": []int32{0, synthKVHeads, 0, 0},
	}), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		if i == 1 {
			attention(f, i)
		} else {
			mamba2(f, i)
		}
		experts(f, i, synthHidden, 24)
	}},
	{name: "mamba2", arch: "mamba2", kv: mamba2KV(map[string]any{
		"attention.head_count": uint32(0), "attention.head_count_kv": uint32(0), "feed_forward_length": uint32(0),
	}), layer: func(f *file, i int) {
		norms(f, i, "attn_norm")
		mamba2(f, i)
	}},
	{name: "nemotron_h", arch: "nemotron_h", kv: nemotronKV([]int32{0, synthHidden, 0, 0}, []int32{0, 0, synthKVHeads, 0}), layer: func(f *file, i int) {
		nemotronLayer(f, i, [synthLayers]string{"mamba", "network", "attention", "mamba"}[i])
	}},
	{name: "nemotron_h-network-last", arch: "nemotron_h", kv: nemotronKV([]int32{0, 0, 0, synthHidden}, []int32{synthKVHeads, 0, 0, 0}), layer: func(f *file, i int) {
		nemotronLayer(f, i, [synthLayers]string{"attention", "mamba", "mamba", "network"}[i])
	}},
	{name: "nemotron_h_moe", arch: "nemotron_h_moe", kv: moeKV(nemotronKV([]int32{0, synthExpertDim, 0, synthExpertDim}, []int32{0, 0, synthKVHeads, 0}), map[string]any{
		"expert_shared_feed_forward_length": uint32(24), "expert_shared_count": uint32(1), "expert_weights_norm": true, "expert_weights_scale": float32(1.5), "expert_gating_func": uint32(2),
	}), layer: func(f *file, i int) {
		kind := [synthLayers]string{"mamba", "experts", "attention", "experts"}[i]
		nemotronLayer(f, i, kind)
		if kind == "experts" {
			f.normal(layerName(i, "ffn_gate_inp"), 0.3, synthDim, synthExperts)
			f.add(layerBias(i, "exp_probs_b"), synthExperts)
			f.weight(layerName(i, "ffn_up_exps"), synthDim, synthExpertDim, synthExperts)
			f.weight(layerName(i, "ffn_down_exps"), synthExpertDim, synthDim, synthExperts)
			f.weight(layerName(i, "ffn_up_shexp"), synthDim, 24)
			f.weight(layerName(i, "ffn_down_shexp"), 24, synthDim)
		}
	}},
	{name: "lfm2moe", arch: "lfm2moe", kv: moeKV(map[string]any{
		"shortconv.l_cache": uint32(3), "attention.head_count_kv": []int32{0, synthKVHeads, 0, 0}, "leading_dense_block_count": uint32(1), "expert_gating_func": uint32(2),
	}), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		if i == 1 {
			attention(f, i)
			f.add(layerName(i, "attn_q_norm"), synthHeadDim)
			f.add(layerName(i, "attn_k_norm"), synthHeadDim)
		} else {
			f.normal(layerName(i, "shortconv.conv"), 0.5, 3, synthDim)
			f.weight(layerName(i, "shortconv.in_proj"), synthDim, 3*synthDim)
			f.weight(layerName(i, "shortconv.out_proj"), synthDim, synthDim)
		}
		if i == 0 {
			dense(f, i)
			return
		}
		experts(f, i, synthExpertDim, 0)
		f.add(layerBias(i, "exp_probs_b"), synthExperts)
	}, whole: func(f *file) {
		f.remove("output_norm.weight")
		f.add("token_embd_norm.weight", synthDim)
	}},
	{name: "falcon-h1", arch: "falcon-h1", kv: mamba2KV(map[string]any{
		"attention.key_length": uint32(synthHeadDim), "attention.value_length": uint32(synthHeadDim), "rope.freq_base": float32(1e6),
	}), layer: func(f *file, i int) {
		norms(f, i, "attn_norm")
		f.add(bare(i, "ffn_norm"), synthDim)
		attention(f, i)
		mamba2(f, i)
		dense(f, i)
	}},
}

// nemotronKV are the keys of Nemotron-H with the widths of networks and the heads of
// keys of each layer.
func nemotronKV(hidden, kvHeads []int32) map[string]any {
	return mamba2KV(map[string]any{
		"attention.key_length": uint32(synthHeadDim), "attention.value_length": uint32(synthHeadDim),
		"feed_forward_length": hidden, "attention.head_count_kv": kvHeads,
	})
}

// nemotronLayer adds a layer of Nemotron-H, which is one thing.
func nemotronLayer(f *file, i int, kind string) {
	norms(f, i, "attn_norm")
	switch kind {
	case "mamba":
		mamba2(f, i)
	case "attention":
		attention(f, i)
	case "network":
		f.weight(layerName(i, "ffn_up"), synthDim, synthHidden)
		f.weight(layerName(i, "ffn_down"), synthHidden, synthDim)
	}
}

// granite are the factors of Granite and its layers with attention.
var granite = map[string]any{
	"embedding_scale": float32(3), "residual_scale": float32(0.4), "attention.scale": float32(0.1), "logit_scale": float32(2),
	"attention.head_count_kv": []int32{0, 0, synthKVHeads, 0},
}

// The shape of Mamba 2 in synthetic models: twice as wide as the residual stream.
const synthMambaInner, synthMambaHeads = 2 * synthDim, 8

// mamba2KV are the keys of layers with Mamba 2 with those in more.
func mamba2KV(more ...map[string]any) map[string]any {
	kv := deltaKV(map[string]any{"ssm.inner_size": uint32(synthMambaInner), "ssm.time_step_rank": uint32(synthMambaHeads)})
	for _, m := range more {
		maps.Copy(kv, m)
	}
	return kv
}

// bare returns the name of a tensor of layer i without a suffix.
func bare(i int, name string) string { return strings.TrimSuffix(layerName(i, name), ".weight") }

// mamba2 adds a recurrent layer of Mamba 2.
func mamba2(f *file, i int) {
	const channels = synthMambaInner + 2*synthGroups*synthState
	f.weight(layerName(i, "ssm_in"), synthDim, synthMambaInner+channels+synthMambaHeads)
	f.normal(layerName(i, "ssm_conv1d"), 0.5, synthConv, channels)
	f.add(layerBias(i, "ssm_conv1d"), channels)
	f.add(layerBias(i, "ssm_dt"), synthMambaHeads)
	a := f.add(bare(i, "ssm_a"), 1, synthMambaHeads)
	for k := range a.x {
		a.x[k] = -a.x[k] * a.x[k]
	}
	f.add(bare(i, "ssm_d"), 1, synthMambaHeads)
	f.add(layerName(i, "ssm_norm"), synthMambaInner/synthGroups, synthGroups)
	f.weight(layerName(i, "ssm_out"), synthMambaInner, synthDim)
}

// moeKV are the keys of mixtures of experts with those in more.
func moeKV(more ...map[string]any) map[string]any {
	kv := map[string]any{
		"expert_count": uint32(synthExperts), "expert_used_count": uint32(synthUsed), "expert_feed_forward_length": uint32(synthExpertDim),
	}
	for _, m := range more {
		maps.Copy(kv, m)
	}
	return kv
}

// deltaKV are the keys of recurrent layers with those in more.
func deltaKV(more map[string]any) map[string]any {
	kv := map[string]any{
		"ssm.conv_kernel": uint32(synthConv), "ssm.inner_size": uint32(synthInner), "ssm.state_size": uint32(synthState),
		"ssm.time_step_rank": uint32(synthStates), "ssm.group_count": uint32(synthGroups),
	}
	maps.Copy(kv, more)
	return kv
}

// qwen35 are the keys of Qwen 3.5 with those in more.
func qwen35(more map[string]any) map[string]any {
	kv := deltaKV(map[string]any{
		"rope.dimension_count": uint32(8), "rope.dimension_sections": []int32{2, 1, 1, 0}, "rope.freq_base": float32(1e6),
		"attention.key_length": uint32(synthHeadDim), "attention.value_length": uint32(synthHeadDim), "full_attention_interval": uint32(4),
	})
	maps.Copy(kv, more)
	return kv
}

// qwen35Layer adds layers of Qwen 3.5 with that many heads of queries and keys in
// recurrent ones.
func qwen35Layer(recurrent func(i int) bool, groups uint64) func(f *file, i int) {
	return func(f *file, i int) {
		norms(f, i, "attn_norm", "post_attention_norm")
		if recurrent(i) {
			delta(f, i, groups)
		} else {
			gatedAttention(f, i)
		}
		dense(f, i)
	}
}

// gatedAttention adds attention with a gate in attn_q and norms of the heads.
func gatedAttention(f *file, i int) {
	f.weight(layerName(i, "attn_q"), synthDim, 2*synthHeads*synthHeadDim)
	f.weight(layerName(i, "attn_k"), synthDim, synthKVHeads*synthHeadDim)
	f.weight(layerName(i, "attn_v"), synthDim, synthKVHeads*synthHeadDim)
	f.weight(layerName(i, "attn_output"), synthHeads*synthHeadDim, synthDim)
	f.add(layerName(i, "attn_q_norm"), synthHeadDim)
	f.add(layerName(i, "attn_k_norm"), synthHeadDim)
}

// delta adds a recurrent layer of gated DeltaNet.
func delta(f *file, i int, groups uint64) {
	deltaState(f, i, groups)
	f.weight(layerName(i, "attn_qkv"), synthDim, 2*groups*synthState+synthInner)
	f.weight(layerName(i, "attn_gate"), synthDim, synthInner)
	f.weight(layerName(i, "ssm_beta"), synthDim, synthStates)
	f.weight(layerName(i, "ssm_alpha"), synthDim, synthStates)
}

// deltaState adds the tensors around the state of gated DeltaNet.
func deltaState(f *file, i int, groups uint64) {
	f.normal(layerName(i, "ssm_conv1d"), 0.5, synthConv, 2*groups*synthState+synthInner)
	f.add(layerBias(i, "ssm_dt"), synthStates)
	a := f.add(bare(i, "ssm_a"), synthStates)
	for k := range a.x {
		a.x[k] = -a.x[k] * a.x[k] / 8
	}
	f.add(layerName(i, "ssm_norm"), synthState)
	f.weight(layerName(i, "ssm_out"), synthInner, synthDim)
}
