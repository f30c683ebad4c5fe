package synth

import (
	"slices"

	"github.com/querent-ai/chord/gguf"
)

// keys returns the metadata of a file of shape s.
func (s Shape) keys(fileType uint32) []gguf.KV {
	arch, words := s.arch, s.words
	if arch == "" {
		arch = "llama"
	}
	if words == nil {
		words = sentencePiece
	}
	kv := []gguf.KV{
		{Key: "general.architecture", Value: arch},
		{Key: "general.type", Value: "model"},
		{Key: "general.name", Value: s.Title + " shape, random weights"},
		{Key: "general.file_type", Value: fileType},
		{Key: "general.quantization_version", Value: uint32(2)},
	}
	own := []gguf.KV{
		{Key: "vocab_size", Value: uint32(s.Vocab)},
		{Key: "context_length", Value: uint32(s.Context)},
		{Key: "embedding_length", Value: uint32(s.Dim)},
		{Key: "block_count", Value: uint32(s.Layers)},
		{Key: "feed_forward_length", Value: uint32(s.HiddenDim)},
		{Key: "attention.head_count", Value: uint32(s.Heads)},
		{Key: "attention.head_count_kv", Value: uint32(s.KVHeads)},
		{Key: "attention.key_length", Value: uint32(s.HeadDim)},
		{Key: "attention.value_length", Value: uint32(s.HeadDim)},
		{Key: "attention.layer_norm_rms_epsilon", Value: s.NormEps},
		{Key: "rope.dimension_count", Value: uint32(s.HeadDim)},
		{Key: "rope.freq_base", Value: s.RopeBase},
	}
	for _, k := range s.more {
		if i := slices.IndexFunc(own, func(o gguf.KV) bool { return o.Key == k.Key }); i >= 0 {
			own[i] = k
		} else {
			own = append(own, k)
		}
	}
	for _, k := range own {
		kv = append(kv, gguf.KV{Key: arch + "." + k.Key, Value: k.Value})
	}
	return append(kv, words(s.Vocab)...)
}

// sentencePiece returns the keys of a SentencePiece vocabulary of n tokens.
func sentencePiece(n int) []gguf.KV {
	tokens, scores, types := vocab(n)
	return []gguf.KV{
		{Key: "tokenizer.ggml.model", Value: "llama"},
		{Key: "tokenizer.ggml.pre", Value: "default"},
		{Key: "tokenizer.ggml.tokens", Value: tokens},
		{Key: "tokenizer.ggml.scores", Value: scores},
		{Key: "tokenizer.ggml.token_type", Value: types},
		{Key: "tokenizer.ggml.bos_token_id", Value: uint32(1)},
		{Key: "tokenizer.ggml.eos_token_id", Value: uint32(2)},
		{Key: "tokenizer.ggml.unknown_token_id", Value: uint32(0)},
		{Key: "tokenizer.ggml.add_bos_token", Value: true},
		{Key: "tokenizer.ggml.add_eos_token", Value: false},
	}
}

// wordPiece returns the keys of a WordPiece vocabulary of n tokens: the special
// ones, letters, and made-up words.
func wordPiece(n int) []gguf.KV {
	tokens, types := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}, []int32{3, 2, 3, 3, 3}
	for i := 1; len(tokens) < n; i++ {
		tokens, types = append(tokens, piece(i)), append(types, 1)
	}
	return []gguf.KV{
		{Key: "tokenizer.ggml.model", Value: "bert"},
		{Key: "tokenizer.ggml.pre", Value: "default"},
		{Key: "tokenizer.ggml.token_type_count", Value: uint32(2)},
		{Key: "tokenizer.ggml.tokens", Value: tokens[:n]},
		{Key: "tokenizer.ggml.token_type", Value: types[:n]},
		{Key: "tokenizer.ggml.padding_token_id", Value: uint32(0)},
		{Key: "tokenizer.ggml.unknown_token_id", Value: uint32(1)},
		{Key: "tokenizer.ggml.cls_token_id", Value: uint32(2)},
		{Key: "tokenizer.ggml.bos_token_id", Value: uint32(2)},
		{Key: "tokenizer.ggml.seperator_token_id", Value: uint32(3)},
		{Key: "tokenizer.ggml.mask_token_id", Value: uint32(4)},
	}
}
