package llama_test

import "maps"

func init() {
	synthetics = append(synthetics, recurrents...)
	hybrids = append(hybrids, recurrents...)
}

// The shape of low ranks in synthetic models.
const synthRank = 8

// noHeads are the keys of models without attention.
var noHeads = map[string]any{"attention.head_count": uint32(0), "attention.head_count_kv": uint32(0), "feed_forward_length": uint32(0)}

// recurrents are synthetic models with Mamba 1, Kimi Delta Attention and RWKV;
// testdata/recurrent.json has their logits.
var recurrents = []synthetic{
	{name: "mamba", arch: "mamba", kv: mamba1KV(noHeads), layer: func(f *file, i int) {
		norms(f, i, "attn_norm")
		mamba1(f, i)
	}},
	{name: "falcon-mamba", arch: "mamba", kv: mamba1KV(noHeads, map[string]any{"ssm.dt_b_c_rms": true}), layer: func(f *file, i int) {
		norms(f, i, "attn_norm")
		mamba1(f, i)
	}, whole: func(f *file) { f.normal("output.weight", 1, synthDim, synthVocab) }},
	{name: "jamba", arch: "jamba", kv: mamba1KV(map[string]any{
		"attention.head_count_kv": []int32{0, synthKVHeads, 0, 0}, "expert_count": uint32(synthExperts), "expert_used_count": uint32(synthUsed),
	}), layer: func(f *file, i int) {
		norms(f, i, "attn_norm", "ffn_norm")
		if i == 1 {
			attention(f, i)
		} else {
			mamba1(f, i)
			lowNorms(f, func(name string) string { return layerName(i, name) }, synthRank)
		}
		if i%2 == 0 {
			dense(f, i)
			return
		}
		experts(f, i, synthHidden, 0)
	}},
	{name: "plamo2", arch: "plamo2", kv: mamba1KV(map[string]any{
		"ssm.time_step_rank": uint32(synthMambaHeads), "ssm.group_count": uint32(0), "rope.freq_base": float32(1e6),
		"attention.head_count_kv": []int32{0, synthKVHeads, 0, synthKVHeads},
		"attention.key_length":    uint32(synthHeadDim), "attention.value_length": uint32(synthHeadDim),
	}), layer: plamo2},
	{name: "kimi-linear", arch: "kimi-linear", kv: kimiKV, layer: func(f *file, i int) { kimi(f, i, false) }, whole: func(f *file) {
		f.normal("output.weight", 1, synthDim, synthVocab)
	}},
	{name: "kimi-linear-fused", arch: "kimi-linear", kv: kimiKV, layer: func(f *file, i int) { kimi(f, i, true) }, whole: func(f *file) {
		f.normal("output.weight", 1, synthDim, synthVocab)
	}},
	{name: "rwkv7", arch: "rwkv7", kv: rwkvKV(nil), dim: synthRWKV, layer: func(f *file, i int) {
		for _, n := range []string{"attn_norm", "attn_norm_2", "time_mix_ln"} {
			f.add(layerName(i, n), synthRWKV)
			shifted(f, layerBias(i, n), synthRWKV)
		}
		timeMix(f, i, 6)
		f.add(layerName(i, "channel_mix_lerp_k"), synthRWKV)
		f.weight(layerName(i, "channel_mix_key"), synthRWKV, synthHidden)
		f.weight(layerName(i, "channel_mix_value"), synthHidden, synthRWKV)
	}, whole: func(f *file) {
		f.add("token_embd_norm.weight", synthRWKV)
		shifted(f, "token_embd_norm.bias", synthRWKV)
		shifted(f, "output_norm.bias", synthRWKV)
		f.normal("output.weight", 1, synthRWKV, synthVocab)
	}},
	{name: "arwkv7", arch: "arwkv7", kv: rwkvKV(map[string]any{"token_shift_count": uint32(1), "attention.gate_lora_rank": uint32(0)}), dim: synthRWKV, layer: func(f *file, i int) {
		f.add(layerName(i, "attn_norm"), synthRWKV)
		f.add(layerName(i, "ffn_norm"), synthRWKV)
		timeMix(f, i, 5)
		f.weight(layerName(i, "ffn_gate"), synthRWKV, synthHidden)
		f.weight(layerName(i, "ffn_up"), synthRWKV, synthHidden)
		f.weight(layerName(i, "ffn_down"), synthHidden, synthRWKV)
	}, whole: func(f *file) { f.normal("output.weight", 1, synthRWKV, synthVocab) }},
}

// The shape of RWKV: its heads have 64 elements, since llama.cpp's kernels have whole
// vectors only.
const synthRWKV, synthRWKVHead = 128, 64

// shifted adds a bias.
func shifted(f *file, name string, n uint64) {
	t := f.add(name, n)
	for i := range t.x {
		t.x[i] = (t.x[i] - 1) / 2
	}
}

// mamba1KV are the keys of layers with Mamba with those in more.
func mamba1KV(more ...map[string]any) map[string]any {
	kv := map[string]any{
		"ssm.conv_kernel": uint32(synthConv), "ssm.inner_size": uint32(synthMambaInner), "ssm.state_size": uint32(synthState), "ssm.time_step_rank": uint32(synthRank),
	}
	for _, m := range more {
		maps.Copy(kv, m)
	}
	return kv
}

// mamba1 adds a recurrent layer of Mamba.
func mamba1(f *file, i int) {
	f.weight(layerName(i, "ssm_in"), synthDim, 2*synthMambaInner)
	f.normal(layerName(i, "ssm_conv1d"), 0.5, synthConv, synthMambaInner)
	shifted(f, layerBias(i, "ssm_conv1d"), synthMambaInner)
	f.weight(layerName(i, "ssm_x"), synthMambaInner, synthRank+2*synthState)
	f.weight(layerName(i, "ssm_dt"), synthRank, synthMambaInner)
	shifted(f, layerBias(i, "ssm_dt"), synthMambaInner)
	negative(f, bare(i, "ssm_a"), synthState, synthMambaInner)
	f.add(bare(i, "ssm_d"), synthMambaInner)
	f.weight(layerName(i, "ssm_out"), synthMambaInner, synthDim)
}

// negative adds numbers below zero.
func negative(f *file, name string, shape ...uint64) {
	a := f.add(name, shape...)
	for k := range a.x {
		a.x[k] = -a.x[k] * a.x[k]
	}
}

// lowNorms adds the norms of time steps, keys and queries.
func lowNorms(f *file, name func(string) string, rank uint64) {
	f.add(name("ssm_dt_norm"), rank)
	f.add(name("ssm_b_norm"), synthState)
	f.add(name("ssm_c_norm"), synthState)
}

// plamo2 adds a layer of PLaMo 2.
func plamo2(f *file, i int) {
	const rank = 64
	norms(f, i, "attn_norm", "ffn_norm")
	f.add(bare(i, "post_attention_norm"), synthDim)
	f.add(bare(i, "post_ffw_norm"), synthDim)
	fused(f, i)
	if i%2 == 1 {
		f.weight(layerName(i, "attn_qkv"), synthDim, (synthHeads+2*synthKVHeads)*synthHeadDim)
		f.weight(layerName(i, "attn_output"), synthHeads*synthHeadDim, synthDim)
		f.add(layerName(i, "attn_q_norm"), synthHeadDim, synthHeads)
		f.add(layerName(i, "attn_k_norm"), synthHeadDim, synthKVHeads)
		return
	}
	f.weight(layerName(i, "ssm_in"), synthDim, 2*synthMambaInner)
	f.normal(layerName(i, "ssm_conv1d"), 0.5, synthConv, synthMambaInner)
	f.weight(layerName(i, "ssm_x"), synthMambaInner, rank+2*synthState)
	f.weight(layerName(i, "ssm_dt"), rank, synthMambaHeads)
	shifted(f, layerBias(i, "ssm_dt"), synthMambaHeads)
	negative(f, bare(i, "ssm_a"), synthMambaHeads)
	f.add(bare(i, "ssm_d"), synthMambaHeads)
	f.weight(layerName(i, "ssm_out"), synthMambaInner, synthDim)
	lowNorms(f, func(name string) string { return bare(i, name) }, rank)
}

// The shape of attention in a model of Kimi Linear.
const synthLatent, synthNope, synthRotated = 32, 16, 8

// kimiKV are the keys of Kimi Linear, whose third layer has attention. Its files give
// values of another length than the cache's.
var kimiKV = moeKV(map[string]any{
	"ssm.conv_kernel": uint32(synthConv), "kda.head_dim": uint32(synthState),
	"attention.head_count_kv": []int32{0, 0, 1, 0}, "attention.kv_lora_rank": uint32(synthLatent),
	"attention.key_length": uint32(synthLatent + synthRotated), "attention.value_length": uint32(18), "rope.dimension_count": uint32(synthRotated),
	"attention.key_length_mla": uint32(synthNope + synthRotated), "attention.value_length_mla": uint32(synthHeadDim),
	"expert_shared_count": uint32(1), "leading_dense_block_count": uint32(1), "expert_weights_scale": float32(2.446), "expert_gating_func": uint32(2),
})

// kimi adds a layer of Kimi Linear.
func kimi(f *file, i int, fused bool) {
	const inner = synthHeads * synthState
	norms(f, i, "attn_norm", "ffn_norm")
	if i == 2 {
		f.weight(layerName(i, "attn_q"), synthDim, synthHeads*(synthNope+synthRotated))
		f.weight(layerName(i, "attn_kv_a_mqa"), synthDim, synthLatent+synthRotated)
		f.add(layerName(i, "attn_kv_a_norm"), synthLatent)
		f.weight(layerName(i, "attn_k_b"), synthNope, synthLatent, synthHeads)
		f.weight(layerName(i, "attn_v_b"), synthLatent, synthHeadDim, synthHeads)
	} else {
		for _, n := range []string{"q", "k", "v"} {
			f.normal(layerName(i, "ssm_conv1d_"+n), 0.5, synthConv, 1, inner)
			if !fused {
				f.weight(layerName(i, "attn_"+n), synthDim, inner)
			}
		}
		if fused {
			f.weight(layerName(i, "attn_qkv"), synthDim, 3*inner)
		}
		f.weight(layerName(i, "ssm_f_a"), synthDim, synthState)
		f.weight(layerName(i, "ssm_f_b"), synthState, inner)
		f.weight(layerName(i, "ssm_g_a"), synthDim, synthState)
		f.weight(layerName(i, "ssm_g_b"), synthState, inner)
		f.weight(layerName(i, "ssm_beta"), synthDim, synthHeads)
		negative(f, bare(i, "ssm_a"), 1, synthHeads)
		shifted(f, layerBias(i, "ssm_dt"), inner)
		f.add(layerName(i, "ssm_norm"), synthState)
	}
	f.weight(layerName(i, "attn_output"), inner, synthDim)
	if i == 0 {
		dense(f, i)
		return
	}
	experts(f, i, synthExpertDim, synthExpertDim)
	f.add(layerBias(i, "exp_probs_b"), synthExperts)
}

// rwkvKV are the keys of RWKV 7 with those in more.
func rwkvKV(more map[string]any) map[string]any {
	kv := map[string]any{
		"wkv.head_size": uint32(synthRWKVHead), "attention.head_count": uint32(0), "attention.decay_lora_rank": uint32(16), "attention.iclr_lora_rank": uint32(8),
		"attention.value_residual_mix_lora_rank": uint32(4), "attention.gate_lora_rank": uint32(12),
	}
	maps.Copy(kv, more)
	return kv
}

// timeMix adds a time mix with that many inputs.
func timeMix(f *file, i int, inputs uint64) {
	low := func(letter string, rank uint64) {
		f.weight(layerName(i, "time_mix_"+letter+"1"), synthRWKV, rank)
		f.weight(layerName(i, "time_mix_"+letter+"2"), rank, synthRWKV)
	}
	low("w", 16)
	low("a", 8)
	if i == 0 { // of the rank of rates, and not used
		low("v", 8)
	} else {
		low("v", 4)
	}
	if inputs == 6 {
		low("g", 12)
	}
	for _, n := range []string{"w0", "a0", "v0"} {
		shifted(f, layerName(i, "time_mix_"+n), synthRWKV)
	}
	f.add(layerName(i, "time_mix_lerp_fused"), synthRWKV, 1, 1, inputs)
	for _, n := range []string{"k_k", "k_a", "r_k"} {
		f.add(layerName(i, "time_mix_"+n), synthRWKV)
	}
	for _, n := range []string{"receptance", "key", "value", "output"} {
		f.weight(layerName(i, "time_mix_"+n), synthRWKV, synthRWKV)
	}
}
