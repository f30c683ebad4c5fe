package synth

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// The shape of the small models that read pictures: of Gemma 3, with a window that is
// shorter than a picture.
const (
	eyeDim, eyeHidden, eyeLayers       = 64, 96, 6
	eyeHeads, eyeKVHeads, eyeHeadDim   = 4, 2, 16
	eyeWindow, eyeContext, eyeVocab    = 16, 512, byteTokens + 27 + 300
	towerDim, towerHidden, towerLayers = 48, 80, 3
	towerHeads, towerSize, towerPatch  = 4, 160, 8
	towerMerge                         = 4
	eyeTemplate                        = "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n" +
		"{{ m.content | trim }}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)

// eyeTokens are the control tokens of the small model, its first ids after the bytes.
var eyeTokens = []string{"<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>"}

// A maker collects tensors of random elements.
type maker struct {
	seed    uint64
	tensors []gguf.WriteTensor
}

// uniform adds a tensor of elements between mid-size and mid+size.
func (m *maker) uniform(name string, mid, size float32, shape ...uint64) {
	n := uint64(1)
	for _, d := range shape {
		n *= d
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	rng := rand.New(rand.NewPCG(m.seed, h.Sum64()))
	b := make([]byte, 0, 4*n)
	for range n {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(mid+(2*rng.Float32()-1)*size))
	}
	m.tensors = append(m.tensors, gguf.WriteTensor{Name: name, Type: quant.F32, Shape: shape, Data: func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}})
}

// weight adds a matrix whose product has about the size of its input.
func (m *maker) weight(name string, cols, rows uint64) {
	m.uniform(name, 0, float32(math.Sqrt(3/float64(cols))), cols, rows)
}

// WriteEye writes a small model of Gemma 3 with random weights to w, which reads
// pictures with the file of WriteMMProj. It has a vocabulary and a chat template.
func WriteEye(w io.Writer, seed uint64) error {
	m := &maker{seed: seed}
	m.uniform("token_embd.weight", 0, 0.2, eyeDim, eyeVocab) // small: else the output is the last token again
	m.uniform("output_norm.weight", 1, 0.5, eyeDim)
	for i := range eyeLayers {
		blk := fmt.Sprintf("blk.%d.", i)
		for _, n := range []string{"attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"} {
			m.uniform(blk+n+".weight", 1, 0.5, eyeDim)
		}
		m.uniform(blk+"attn_q_norm.weight", 1, 0.5, eyeHeadDim)
		m.uniform(blk+"attn_k_norm.weight", 1, 0.5, eyeHeadDim)
		m.weight(blk+"attn_q.weight", eyeDim, eyeHeads*eyeHeadDim)
		m.weight(blk+"attn_k.weight", eyeDim, eyeKVHeads*eyeHeadDim)
		m.weight(blk+"attn_v.weight", eyeDim, eyeKVHeads*eyeHeadDim)
		m.weight(blk+"attn_output.weight", eyeHeads*eyeHeadDim, eyeDim)
		m.weight(blk+"ffn_gate.weight", eyeDim, eyeHidden)
		m.weight(blk+"ffn_up.weight", eyeDim, eyeHidden)
		m.weight(blk+"ffn_down.weight", eyeHidden, eyeDim)
	}
	return gguf.Write(w, eyeKeys(), m.tensors)
}

// eyeKeys returns the keys of the small model.
func eyeKeys() []gguf.KV {
	tokens, scores, types := vocab(eyeVocab)
	for i, name := range eyeTokens { // in place of the last made-up words
		at := eyeVocab - len(eyeTokens) + i
		tokens[at], scores[at], types[at] = name, 0, bpe.Control
	}
	kv := []gguf.KV{
		{Key: "general.architecture", Value: "gemma3"},
		{Key: "general.type", Value: "model"},
		{Key: "general.name", Value: "Eye, random weights"},
		{Key: "gemma3.attention.layer_norm_rms_epsilon", Value: float32(1e-6)},
		{Key: "gemma3.rope.freq_base", Value: float32(1e6)},
		{Key: "tokenizer.chat_template", Value: eyeTemplate},
		{Key: "tokenizer.ggml.model", Value: "llama"},
		{Key: "tokenizer.ggml.pre", Value: "default"},
		{Key: "tokenizer.ggml.tokens", Value: tokens},
		{Key: "tokenizer.ggml.scores", Value: scores},
		{Key: "tokenizer.ggml.token_type", Value: types},
		{Key: "tokenizer.ggml.bos_token_id", Value: uint32(1)},
		{Key: "tokenizer.ggml.eos_token_id", Value: uint32(2)},
		{Key: "tokenizer.ggml.eot_token_id", Value: uint32(eyeVocab - len(eyeTokens) + 1)},
		{Key: "tokenizer.ggml.unknown_token_id", Value: uint32(0)},
		{Key: "tokenizer.ggml.add_bos_token", Value: true},
		{Key: "tokenizer.ggml.add_space_prefix", Value: false},
	}
	for _, k := range []struct {
		key string
		n   int
	}{
		{"vocab_size", eyeVocab}, {"context_length", eyeContext}, {"embedding_length", eyeDim}, {"block_count", eyeLayers},
		{"feed_forward_length", eyeHidden}, {"attention.head_count", eyeHeads}, {"attention.head_count_kv", eyeKVHeads},
		{"attention.key_length", eyeHeadDim}, {"attention.value_length", eyeHeadDim}, {"attention.sliding_window", eyeWindow},
	} {
		kv = append(kv, gguf.KV{Key: "gemma3." + k.key, Value: uint32(k.n)})
	}
	return kv
}

// WritePixtral writes a small vision tower with the projector of Pixtral and random
// weights to w; merge × merge patches become one row for the model of WriteEye.
func WritePixtral(w io.Writer, merge int, seed uint64) error {
	m := &maker{seed: seed}
	m.uniform("v.patch_embd.weight", 0, float32(math.Sqrt(1.0/towerPatch/towerPatch)), towerPatch, towerPatch, 3, towerDim)
	m.uniform("v.pre_ln.weight", 1, 0.5, towerDim)
	for i := range towerLayers {
		blk := fmt.Sprintf("v.blk.%d.", i)
		m.uniform(blk+"ln1.weight", 1, 0.5, towerDim)
		m.uniform(blk+"ln2.weight", 1, 0.5, towerDim)
		for _, n := range []string{"attn_q", "attn_k", "attn_v", "attn_out"} {
			m.weight(blk+n+".weight", towerDim, towerDim)
		}
		m.weight(blk+"ffn_gate.weight", towerDim, towerHidden)
		m.weight(blk+"ffn_up.weight", towerDim, towerHidden)
		m.weight(blk+"ffn_down.weight", towerHidden, towerDim)
	}
	m.biased("mm.1", towerDim, eyeDim)
	m.biased("mm.2", eyeDim, eyeDim)
	m.uniform("v.token_embd.img_break", 0, 1, eyeDim)
	if merge > 1 {
		m.uniform("mm.input_norm.weight", 1, 0.5, towerDim)
		m.weight("mm.patch_merger.weight", uint64(towerDim*merge*merge), towerDim)
	}
	return gguf.Write(w, towerKeys("pixtral", "silu", gguf.KV{Key: "clip.vision.spatial_merge_size", Value: uint32(merge)}), m.tensors)
}

// WriteMMProj writes a small vision tower with the projector of Gemma 3 and random
// weights to w. Pictures become 25 rows for the model of WriteEye.
func WriteMMProj(w io.Writer, seed uint64) error {
	m := &maker{seed: seed}
	const patches = (towerSize / towerPatch) * (towerSize / towerPatch)
	m.uniform("v.patch_embd.weight", 0, float32(math.Sqrt(1.0/towerPatch/towerPatch)), towerPatch, towerPatch, 3, towerDim)
	m.uniform("v.patch_embd.bias", 0, 0.5, towerDim)
	m.uniform("v.position_embd.weight", 0, 0.5, towerDim, patches)
	m.norm("v.post_ln", towerDim)
	for i := range towerLayers {
		blk := fmt.Sprintf("v.blk.%d.", i)
		m.norm(blk+"ln1", towerDim)
		m.norm(blk+"ln2", towerDim)
		for _, n := range []string{"attn_q", "attn_k", "attn_v", "attn_out"} {
			m.biased(blk+n, towerDim, towerDim)
		}
		m.biased(blk+"ffn_up", towerDim, towerHidden)
		m.biased(blk+"ffn_down", towerHidden, towerDim)
	}
	m.uniform("mm.soft_emb_norm.weight", 1, 0.5, towerDim)
	m.uniform("mm.input_projection.weight", 0, float32(math.Sqrt(3.0/towerDim)), eyeDim, towerDim)
	return gguf.Write(w, towerKeys("gemma3", "gelu", gguf.KV{Key: "clip.vision.projector.scale_factor", Value: uint32(towerMerge)}), m.tensors)
}

// norm adds the weights and the bias of a layer norm.
func (m *maker) norm(name string, n uint64) {
	m.uniform(name+".weight", 1, 0.5, n)
	m.uniform(name+".bias", 0, 0.3, n)
}

// biased adds a matrix with a bias.
func (m *maker) biased(name string, cols, rows uint64) {
	m.weight(name+".weight", cols, rows)
	m.uniform(name+".bias", 0, 0.3, rows)
}

// towerKeys returns the keys of a tower, and more.
func towerKeys(projector, act string, more ...gguf.KV) []gguf.KV {
	kv := []gguf.KV{
		{Key: "general.architecture", Value: "clip"},
		{Key: "general.type", Value: "mmproj"},
		{Key: "clip.has_vision_encoder", Value: true},
		{Key: "clip.projector_type", Value: projector},
		{Key: "clip.use_" + act, Value: true},
		{Key: "clip.vision.attention.layer_norm_epsilon", Value: float32(1e-6)},
		{Key: "clip.vision.image_mean", Value: []float32{0.5, 0.45, 0.4}},
		{Key: "clip.vision.image_std", Value: []float32{0.5, 0.45, 0.55}},
	}
	for _, k := range []struct {
		key string
		n   int
	}{
		{"image_size", towerSize}, {"patch_size", towerPatch}, {"embedding_length", towerDim}, {"feed_forward_length", towerHidden},
		{"block_count", towerLayers}, {"attention.head_count", towerHeads}, {"projection_dim", eyeDim},
	} {
		kv = append(kv, gguf.KV{Key: "clip.vision." + k.key, Value: uint32(k.n)})
	}
	return append(kv, more...)
}
