package synth

import "github.com/querent-ai/chord/gguf"

// qwen3Layer adds a layer of Qwen 3.
func qwen3Layer(l *layout) {
	l.norms("attn_norm")
	l.attention()
	l.headNorms()
	l.norms("ffn_norm")
	l.network("", l.HiddenDim)
}

// gemma3Layer adds a layer of Gemma 3.
func gemma3Layer(l *layout) {
	l.norms("attn_norm")
	l.attention()
	l.headNorms()
	l.norms("post_attention_norm", "ffn_norm")
	l.network("", l.HiddenDim)
	l.norms("post_ffw_norm")
}

// The shape of GLM 4.7 Flash's attention of low rank and of its mixture.
const (
	glmRankQ, glmRankKV, glmRope = 768, 512, 64
	glmKey, glmValue             = 256, 256
	glmExperts, glmExpertDim     = 64, 1536
)

// glmFlashKeys are the keys of GLM 4.7 Flash.
var glmFlashKeys = []gguf.KV{
	{Key: "attention.key_length", Value: uint32(glmRankKV + glmRope)}, {Key: "attention.value_length", Value: uint32(glmRankKV)},
	{Key: "attention.key_length_mla", Value: uint32(glmKey)}, {Key: "attention.value_length_mla", Value: uint32(glmValue)},
	{Key: "attention.q_lora_rank", Value: uint32(glmRankQ)}, {Key: "attention.kv_lora_rank", Value: uint32(glmRankKV)},
	{Key: "leading_dense_block_count", Value: uint32(1)}, {Key: "expert_count", Value: uint32(glmExperts)},
	{Key: "expert_used_count", Value: uint32(4)}, {Key: "expert_shared_count", Value: uint32(1)},
	{Key: "expert_feed_forward_length", Value: uint32(glmExpertDim)}, {Key: "expert_gating_func", Value: uint32(2)},
	{Key: "expert_weights_norm", Value: true}, {Key: "expert_weights_scale", Value: float32(1.8)},
}

// glmFlashLayer adds a layer of GLM 4.7 Flash: the first is dense.
func glmFlashLayer(l *layout) {
	l.norms("attn_norm", "ffn_norm")
	l.blk("attn_q_a", glmRankQ, l.Dim)
	l.blk("attn_q_a_norm", 1, glmRankQ)
	l.blk("attn_q_b", l.Heads*glmKey, glmRankQ)
	l.blk("attn_kv_a_mqa", glmRankKV+glmRope, l.Dim)
	l.blk("attn_kv_a_norm", 1, glmRankKV)
	l.times(l.Heads, "attn_k_b", glmRankKV, glmKey-glmRope)
	l.times(l.Heads, "attn_v_b", glmValue, glmRankKV)
	l.blk("attn_output", l.Dim, l.Heads*glmValue)
	if l.i == 0 {
		l.network("", l.HiddenDim)
		return
	}
	l.experts(glmExperts, glmExpertDim)
	l.biases(glmExperts, "exp_probs_b")
	l.network("_shexp", glmExpertDim)
}

const gptOSSExperts = 32

// gptOSSLayer adds a layer of gpt-oss.
func gptOSSLayer(l *layout) {
	l.norms("attn_norm", "post_attention_norm")
	l.attention()
	l.biases(l.Heads*l.HeadDim, "attn_q")
	l.biases(l.KVHeads*l.HeadDim, "attn_k", "attn_v")
	l.biases(l.Dim, "attn_output")
	l.blk("attn_sinks", 1, l.Heads)
	l.experts(gptOSSExperts, l.HiddenDim)
	l.biases(gptOSSExperts, "ffn_gate_inp")
	for _, n := range []string{"ffn_gate_exps", "ffn_up_exps", "ffn_down_exps"} {
		l.filled(n+".bias", gptOSSExperts, l.HiddenDim, 0.05, -0.05)
	}
}

// bertFirst adds the tensors before the layers of BERT.
func bertFirst(l *layout) {
	l.whole("position_embd.weight", l.Context, l.Dim)
	l.whole("token_types.weight", 2, l.Dim)
	for i := range 2 {
		l.ts[len(l.ts)-1-i].float = true
	}
	l.whole("token_embd_norm.weight", 1, l.Dim)
	l.whole("token_embd_norm.bias", 1, l.Dim)
	l.ts[len(l.ts)-1].values = []float32{0.05, -0.05}
}

// bertLayer adds a layer of BERT.
func bertLayer(l *layout) {
	l.attention()
	l.biases(l.Dim, "attn_q", "attn_k", "attn_v", "attn_output")
	l.blk("attn_output_norm", 1, l.Dim)
	l.biases(l.Dim, "attn_output_norm")
	l.blk("ffn_up", l.HiddenDim, l.Dim)
	l.biases(l.HiddenDim, "ffn_up")
	l.blk("ffn_down", l.Dim, l.HiddenDim)
	l.biases(l.Dim, "ffn_down")
	l.blk("layer_output_norm", 1, l.Dim)
	l.biases(l.Dim, "layer_output_norm")
}
