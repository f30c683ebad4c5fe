package synth

import (
	"slices"

	"github.com/querent-ai/chord/gguf"
)

// shapes are the models whose files can be written. Those cut to a few layers are
// large mixtures, of which every layer costs the same.
var shapes = []Shape{
	{Name: "tiny", Title: "Tiny", Dim: 256, HiddenDim: 512, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 64,
		Vocab: 512, Context: 256, RopeBase: 10000, NormEps: 1e-5},
	{Name: "tiny-hybrid", Title: "Tiny hybrid", arch: "qwen35", Dim: 256, HiddenDim: 512, Layers: 4, Heads: 4, KVHeads: 2, HeadDim: 64,
		Vocab: 512, Context: 512, RopeBase: 10000, NormEps: 1e-5, layer: qwen35Layer, more: qwen35Keys},
	// Of llama2.c's largest story teller.
	{Name: "stories-110m", Title: "Stories 110M", Dim: 768, HiddenDim: 2048, Layers: 12, Heads: 12, KVHeads: 12, HeadDim: 64,
		Vocab: 32000, Context: 1024, RopeBase: 10000, NormEps: 1e-5},
	{Name: "tinyllama-1.1b", Title: "TinyLlama 1.1B", Dim: 2048, HiddenDim: 5632, Layers: 22, Heads: 32, KVHeads: 4, HeadDim: 64,
		Vocab: 32000, Context: 2048, RopeBase: 10000, NormEps: 1e-5},
	{Name: "llama-3.2-1b", Title: "Llama 3.2 1B", Dim: 2048, HiddenDim: 8192, Layers: 16, Heads: 32, KVHeads: 8, HeadDim: 64,
		Vocab: 128256, Context: 131072, RopeBase: 500000, NormEps: 1e-5, RopeFreqs: true, Tied: true},
	// A tenth of llama-3.2-1b, to draft for it; no model has this shape.
	{Name: "llama-3.2-0.1b", Title: "Llama 3.2 0.1B", Dim: 512, HiddenDim: 2048, Layers: 15, Heads: 8, KVHeads: 2, HeadDim: 64,
		Vocab: 128256, Context: 131072, RopeBase: 500000, NormEps: 1e-5, RopeFreqs: true, Tied: true},
	{Name: "llama-3-8b", Title: "Llama 3 8B", Dim: 4096, HiddenDim: 14336, Layers: 32, Heads: 32, KVHeads: 8, HeadDim: 128,
		Vocab: 128256, Context: 8192, RopeBase: 500000, NormEps: 1e-5},

	{Name: "qwen3-8b", Title: "Qwen 3 8B", arch: "qwen3", Dim: 4096, HiddenDim: 12288, Layers: 36, Heads: 32, KVHeads: 8, HeadDim: 128,
		Vocab: 151936, Context: 40960, RopeBase: 1e6, NormEps: 1e-6, layer: qwen3Layer},
	{Name: "qwen3.5-2b", Title: "Qwen 3.5 2B", arch: "qwen35", Dim: 2048, HiddenDim: 6144, Layers: 24, Heads: 8, KVHeads: 2, HeadDim: 256,
		Vocab: 248320, Context: 262144, RopeBase: 1e7, NormEps: 1e-6, Tied: true, layer: qwen35Layer, more: qwen35Keys},
	{Name: "gemma-3-4b", Title: "Gemma 3 4B", arch: "gemma3", Dim: 2560, HiddenDim: 10240, Layers: 34, Heads: 8, KVHeads: 4, HeadDim: 256,
		Vocab: 262144, Context: 131072, RopeBase: 1e6, NormEps: 1e-6, Tied: true, layer: gemma3Layer, more: []gguf.KV{
			{Key: "attention.sliding_window", Value: uint32(1024)},
			{Key: "rope.scaling.type", Value: "linear"}, {Key: "rope.scaling.factor", Value: float32(8)},
		}},
	{Name: "lfm2-1.2b", Title: "LFM2 1.2B", arch: "lfm2", Dim: 2048, HiddenDim: 8192, Layers: 16, Heads: 32, KVHeads: 8, HeadDim: 64,
		Vocab: 65536, Context: 128000, RopeBase: 1e6, NormEps: 1e-5, Tied: true, last: "token_embd_norm", layer: lfm2Layer, more: []gguf.KV{
			{Key: "shortconv.l_cache", Value: uint32(lfm2Conv)},
			{Key: "attention.head_count_kv", Value: kvHeads(16, 8, lfm2Attention)},
		}},
	{Name: "granite-4.0-h-1b", Title: "Granite 4.0 H 1B", arch: "granitehybrid", Dim: 1536, HiddenDim: 4096, Layers: 40, Heads: 12, KVHeads: 4, HeadDim: 128,
		Vocab: 100352, Context: 131072, RopeBase: 10000, NormEps: 1e-5, Tied: true, layer: graniteLayer,
		more: graniteKeys(48, kvHeads(40, 4, graniteAttention), 0.22, 6)},
	// Granite 3.1's mixture 1B-A400M with the recurrent layers of Granite 4.0 H; no
	// model has this shape.
	{Name: "granite-h-1b-a400m", Title: "Granite H 1B-A400M", arch: "granitehybrid", Dim: 1024, HiddenDim: 512, Layers: 24, Heads: 16, KVHeads: 8, HeadDim: 64,
		Vocab: 100352, Context: 131072, RopeBase: 10000, NormEps: 1e-5, Tied: true, layer: graniteMixtureLayer,
		more: append(graniteKeys(32, kvHeads(24, 8, graniteAttention), 0.22, 6), gguf.KV{Key: "expert_count", Value: uint32(graniteExperts)},
			gguf.KV{Key: "expert_used_count", Value: uint32(8)}, gguf.KV{Key: "expert_shared_feed_forward_length", Value: uint32(graniteShared)})},
	{Name: "glm-4.7-flash-4l", Title: "GLM 4.7 Flash cut to 4 layers", arch: "deepseek2", Dim: 2048, HiddenDim: 10240, Layers: 4, Heads: 20, KVHeads: 1, HeadDim: 64,
		Vocab: 154880, Context: 202752, RopeBase: 1e6, NormEps: 1e-5, layer: glmFlashLayer, more: glmFlashKeys},
	{Name: "gpt-oss-20b-4l", Title: "gpt-oss 20B cut to 4 layers", arch: "gpt-oss", Dim: 2880, HiddenDim: 2880, Layers: 4, Heads: 64, KVHeads: 8, HeadDim: 64,
		Vocab: 201088, Context: 131072, RopeBase: 150000, NormEps: 1e-5, layer: gptOSSLayer, more: []gguf.KV{
			{Key: "expert_count", Value: uint32(gptOSSExperts)}, {Key: "expert_used_count", Value: uint32(4)},
			{Key: "expert_feed_forward_length", Value: uint32(2880)}, {Key: "attention.sliding_window", Value: uint32(128)},
			{Key: "rope.scaling.type", Value: "yarn"}, {Key: "rope.scaling.factor", Value: float32(32)},
			{Key: "rope.scaling.original_context_length", Value: uint32(4096)},
		}},
	{Name: "bge-small", Title: "BGE small", arch: "bert", Dim: 384, HiddenDim: 1536, Layers: 12, Heads: 12, KVHeads: 12, HeadDim: 32,
		Vocab: 30522, Context: 512, RopeBase: 10000, Tied: true, last: "none", first: bertFirst, layer: bertLayer, words: wordPiece, more: []gguf.KV{
			{Key: "attention.layer_norm_epsilon", Value: float32(1e-12)},
			{Key: "attention.causal", Value: false}, {Key: "pooling_type", Value: uint32(2)},
		}},
}

// kvHeads returns attention.head_count_kv of n layers: heads in those with
// attention, 0 in the others.
func kvHeads(n, heads int, attention func(i int) bool) []int32 {
	list := make([]int32, n)
	for i := range list {
		if attention(i) {
			list[i] = int32(heads)
		}
	}
	return list
}

// lfm2Attention reports whether layer i of LFM2 1.2B has attention.
func lfm2Attention(i int) bool { return slices.Contains([]int{2, 5, 8, 10, 12, 14}, i) }

// graniteAttention reports whether layer i of a hybrid Granite has attention.
func graniteAttention(i int) bool { return i%10 == 5 }
