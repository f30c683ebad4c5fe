package synth

import "github.com/querent-ai/chord/gguf"

// The shape of recurrent layers.
const (
	convWidth = 4 // ssm.conv_kernel
	stateDim  = 128

	qwen35States = 16 // heads of a state in Qwen 3.5 2B, as many of queries and keys as of values

	graniteExperts, graniteShared = 32, 1024

	lfm2Conv = 3
)

// qwen35Keys are the keys of Qwen 3.5 2B.
var qwen35Keys = []gguf.KV{
	{Key: "rope.dimension_count", Value: uint32(64)},
	{Key: "rope.dimension_sections", Value: []int32{11, 11, 10, 0}},
	{Key: "full_attention_interval", Value: uint32(4)},
	{Key: "ssm.conv_kernel", Value: uint32(convWidth)}, {Key: "ssm.state_size", Value: uint32(stateDim)},
	{Key: "ssm.group_count", Value: uint32(qwen35States)}, {Key: "ssm.time_step_rank", Value: uint32(qwen35States)},
	{Key: "ssm.inner_size", Value: uint32(qwen35States * stateDim)},
}

// qwen35Layer adds a layer of Qwen 3.5: three of four have gated DeltaNet.
func qwen35Layer(l *layout) {
	l.norms("attn_norm", "post_attention_norm")
	if l.i%4 == 3 {
		l.blk("attn_q", 2*l.Heads*l.HeadDim, l.Dim)
		l.blk("attn_k", l.KVHeads*l.HeadDim, l.Dim)
		l.blk("attn_v", l.KVHeads*l.HeadDim, l.Dim)
		l.blk("attn_output", l.Dim, l.Heads*l.HeadDim)
		l.headNorms()
	} else {
		const inner = qwen35States * stateDim
		l.blk("attn_qkv", 3*inner, l.Dim)
		l.blk("attn_gate", inner, l.Dim)
		l.blk("ssm_beta", qwen35States, l.Dim)
		l.blk("ssm_alpha", qwen35States, l.Dim)
		l.float("ssm_conv1d", 3*inner, convWidth)
		l.values("ssm_a", qwen35States, -0.2, -1, -4, -12)
		l.values("ssm_dt.bias", qwen35States, -4, -3, -2)
		l.blk("ssm_norm", 1, stateDim)
		l.blk("ssm_out", l.Dim, inner)
	}
	l.network("", l.HiddenDim)
}

// lfm2Layer adds a layer of LFM2: attention, or a short convolution.
func lfm2Layer(l *layout) {
	l.norms("attn_norm", "ffn_norm")
	if lfm2Attention(l.i) {
		l.attention()
		l.headNorms()
	} else {
		l.float("shortconv.conv", l.Dim, lfm2Conv)
		l.blk("shortconv.in_proj", 3*l.Dim, l.Dim)
		l.blk("shortconv.out_proj", l.Dim, l.Dim)
	}
	l.network("", l.HiddenDim)
}

// graniteKeys are the keys of a hybrid Granite with Mamba 2 of that many heads.
func graniteKeys(heads int, kv []int32, residual, logits float32) []gguf.KV {
	return []gguf.KV{
		{Key: "attention.head_count_kv", Value: kv}, {Key: "rope.scaling.finetuned", Value: false},
		{Key: "embedding_scale", Value: float32(12)}, {Key: "attention.scale", Value: float32(1) / 128},
		{Key: "residual_scale", Value: residual}, {Key: "logit_scale", Value: logits},
		{Key: "ssm.conv_kernel", Value: uint32(convWidth)}, {Key: "ssm.state_size", Value: uint32(stateDim)},
		{Key: "ssm.group_count", Value: uint32(1)}, {Key: "ssm.time_step_rank", Value: uint32(heads)},
		{Key: "ssm.inner_size", Value: uint32(64 * heads)},
	}
}

// graniteMixer adds attention or Mamba 2, which is twice as wide as the residual
// stream and has heads of 64 elements.
func graniteMixer(l *layout) {
	if graniteAttention(l.i) {
		l.attention()
		return
	}
	inner := 2 * l.Dim
	heads, channels := inner/64, inner+2*stateDim
	l.blk("ssm_in", inner+channels+heads, l.Dim)
	l.float("ssm_conv1d", channels, convWidth)
	l.biases(channels, "ssm_conv1d")
	l.values("ssm_dt.bias", heads, -4, -3, -2)
	l.filled("ssm_a", heads, 1, -1, -4, -9, -16)
	l.filled("ssm_d", heads, 1, 1)
	l.filled("ssm_norm.weight", 1, inner, 1)
	l.blk("ssm_out", l.Dim, inner)
}

// graniteLayer adds a layer of a hybrid Granite.
func graniteLayer(l *layout) {
	l.norms("attn_norm", "ffn_norm")
	graniteMixer(l)
	l.network("", l.HiddenDim)
}

// graniteMixtureLayer adds a layer of a hybrid Granite with experts.
func graniteMixtureLayer(l *layout) {
	l.norms("attn_norm", "ffn_norm")
	graniteMixer(l)
	l.experts(graniteExperts, l.HiddenDim)
	l.network("_shexp", graniteShared)
}
