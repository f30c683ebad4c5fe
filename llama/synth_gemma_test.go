package llama_test

import "fmt"

// synthGemma are models of Gemma 3n and 4.
var synthGemma = []synthetic{
	{name: "gemma3n", arch: "gemma3n", layers: gemma3nLayers, kv: heads(map[string]any{
		"attention.sliding_window": uint32(8), "rope.freq_base": float32(1e6), "attention.shared_kv_layers": uint32(gemma3nLayers - 20),
		"embedding_length_per_layer_input": uint32(256),
	}), layer: func(f *file, i int) {
		normsAround(f, i)
		headNorms(f, i)
		f.weight(layerName(i, "inp_gate"), synthDim, 256)
		f.normal(layerName(i, "proj"), 0.05, 256, synthDim)
		norms(f, i, "post_norm", "altup_correct_scale", "altup_router_norm", "laurel_post_norm")
		f.weight(layerName(i, "altup_correct_coef"), 4, 4)
		f.weight(layerName(i, "altup_predict_coef"), 4, 16)
		f.normal(layerName(i, "altup_router"), 8, synthDim, 4)
		f.weight(layerName(i, "laurel_l"), synthDim, 64)
		f.weight(layerName(i, "laurel_r"), 64, synthDim)
		for _, n := range []string{"post_attention_norm", "post_ffw_norm", "laurel_post_norm", "post_norm", "altup_predict_coef"} {
			t := f.at(layerName(i, n)) // small, or 25 random layers amplify llama.cpp's table of GELU
			for k := range t.x {
				t.x[k] /= 8
			}
		}
	}, whole: func(f *file) {
		f.weight("altup_proj.weight", synthDim, synthDim, 3)
		f.weight("altup_unembd_proj.weight", synthDim, synthDim, 3)
		f.normal("per_layer_token_embd.weight", 1, 256*gemma3nLayers, synthVocab)
		f.weight("per_layer_model_proj.weight", synthDim, 256*gemma3nLayers)
		f.add("per_layer_proj_norm.weight", 256)
	}},
	{name: "gemma4-e", arch: "gemma4", kv: with4(map[string]any{
		"attention.shared_kv_layers": uint32(2), "embedding_length_per_layer_input": uint32(24),
		"feed_forward_length": []int32{96, 96, 128, 128},
	}), layer: func(f *file, i int) {
		gemma4Attention(f, i)
		f.weight(layerName(i, "attn_v"), synthDim, uint64(gemma4KV(i)*gemma4Head(i)))
		hidden := uint64(synthHidden + i/2*32)
		f.weight(layerName(i, "ffn_gate"), synthDim, hidden)
		f.weight(layerName(i, "ffn_up"), synthDim, hidden)
		f.weight(layerName(i, "ffn_down"), hidden, synthDim)
		f.weight(layerName(i, "inp_gate"), synthDim, 24)
		f.weight(layerName(i, "proj"), 24, synthDim)
		f.add(layerName(i, "post_norm"), synthDim)
		f.add(layerName(i, "layer_output_scale"), 1).x[0] = 0.75 + float32(i)/8
	}, whole: func(f *file) {
		gemma4Factors(f)
		f.normal("per_layer_token_embd.weight", 1, 24*synthLayers, synthVocab)
		f.weight("per_layer_model_proj.weight", synthDim, 24*synthLayers)
		f.add("per_layer_proj_norm.weight", 24)
	}},
	{name: "gemma4-moe", arch: "gemma4", kv: with4(map[string]any{
		"embedding_length_per_layer_input": uint32(0), "rope.freq_base_swa": float32(1000),
		"expert_count": uint32(synthExperts), "expert_used_count": uint32(synthUsed), "expert_feed_forward_length": uint32(synthExpertDim),
	}), layer: func(f *file, i int) {
		gemma4Attention(f, i)
		if i%2 == 0 { // in the others the keys are the values
			f.weight(layerName(i, "attn_v"), synthDim, uint64(gemma4KV(i)*gemma4Head(i)))
		}
		dense(f, i)
		norms(f, i, "pre_ffw_norm_2", "post_ffw_norm_1", "post_ffw_norm_2")
		f.normal(layerName(i, "ffn_gate_inp"), 3, synthDim, synthExperts)
		f.add(fmt.Sprintf("blk.%d.ffn_gate_inp.scale", i), synthDim)
		f.weight(layerName(i, "ffn_gate_up_exps"), synthDim, 2*synthExpertDim, synthExperts)
		f.weight(layerName(i, "ffn_down_exps"), synthExpertDim, synthDim, synthExperts)
		f.add(fmt.Sprintf("blk.%d.ffn_down_exps.scale", i), synthExperts)
	}, whole: gemma4Factors},
}

// gemma3nLayers are more than the 20 layers that have keys and values of their own.
const gemma3nLayers = 25

// with4 returns the keys of a Gemma 4: windows in every second layer, whose heads
// have another size.
func with4(more map[string]any) map[string]any {
	return withKeys(map[string]any{
		"attention.sliding_window": uint32(8), "attention.sliding_window_pattern": []bool{true, false, true, false},
		"attention.key_length": uint32(32), "attention.value_length": uint32(32), "rope.dimension_count": uint32(32),
		"attention.key_length_swa": uint32(16), "attention.value_length_swa": uint32(16), "rope.dimension_count_swa": uint32(16),
		"attention.head_count_kv": []int32{2, 1, 2, 1}, "rope.freq_base": float32(1e5), "final_logit_softcapping": float32(4),
	}, more)
}

// gemma4Head returns the size of a head of layer i.
func gemma4Head(i int) int { return 16 + i%2*16 }

// gemma4KV returns the number of KV heads of layer i.
func gemma4KV(i int) int { return 2 - i%2 }

// gemma4Attention adds the norms of a layer, and attention without values.
func gemma4Attention(f *file, i int) {
	norms(f, i, "attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
	head := uint64(gemma4Head(i))
	f.weight(layerName(i, "attn_q"), synthDim, synthHeads*head)
	f.weight(layerName(i, "attn_k"), synthDim, uint64(gemma4KV(i))*head)
	f.weight(layerName(i, "attn_output"), synthHeads*head, synthDim)
	f.add(layerName(i, "attn_q_norm"), head)
	f.add(layerName(i, "attn_k_norm"), head)
}

// gemma4Factors adds the divisors of the frequencies: only a quarter of a head
// rotates.
func gemma4Factors(f *file) {
	t := f.add("rope_freqs.weight", 16)
	for i := range t.x {
		t.x[i] = 1
		if i >= 4 {
			t.x[i] = 1e30
		}
	}
}
