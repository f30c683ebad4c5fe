package llama_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/querent-ai/chord/quant"
)

// The shape of the synthetic models: small, with several layers, so that windows
// and differences between layers have an effect.
const (
	synthDim, synthHidden, synthLayers, synthVocab = 64, 96, 4, 48
	synthHeads, synthKVHeads, synthHeadDim         = 4, 2, 16
	synthExperts, synthUsed, synthExpertDim        = 4, 2, 32
)

// A synthetic is a model with random weights, of an architecture or a variant
// without a real model in the test data. llama.cpp has computed its logits.
type synthetic struct {
	name, arch string
	kv         map[string]any // further hyperparameters, without "arch."
	layer      func(f *file, i int)
	whole      func(f *file) // adds tensors outside the layers
	embeds     bool
	bare       bool   // no norm has weights
	layers     int    // synthLayers if 0
	dim        uint64 // synthDim if 0
}

// file returns the model.
func (m synthetic) file() *file {
	f, layers := &file{}, m.layers
	if layers == 0 {
		layers = synthLayers
	}
	dim := m.dim
	if dim == 0 {
		dim = synthDim
	}
	f.set("general.architecture", m.arch)
	f.set("tokenizer.ggml.model", "no_vocab")
	for key, value := range map[string]uint32{
		"embedding_length": uint32(dim), "block_count": uint32(layers), "feed_forward_length": synthHidden,
		"context_length": 64, "attention.head_count": synthHeads, "attention.head_count_kv": synthKVHeads,
		"vocab_size": synthVocab, "rope.dimension_count": synthHeadDim,
	} {
		f.set(m.arch+"."+key, value)
	}
	f.set(m.arch+".attention.layer_norm_rms_epsilon", float32(1e-5))
	f.set(m.arch+".attention.layer_norm_epsilon", float32(1e-5))
	for key, value := range m.kv {
		f.set(m.arch+"."+key, value)
	}
	f.normal("token_embd.weight", 1, dim, synthVocab)
	if !m.embeds && !m.bare {
		f.add("output_norm.weight", dim)
	}
	for i := range layers {
		m.layer(f, i)
	}
	if m.whole != nil {
		m.whole(f)
	}
	return f
}

// normal adds a tensor of normal elements with standard deviation s.
func (f *file) normal(name string, s float32, shape ...uint64) {
	t := f.add(name, shape...)
	for i := range t.x {
		t.x[i] *= 2 * s
	}
}

// weight adds a matrix whose product has about the size of its input.
func (f *file) weight(name string, shape ...uint64) { f.normal(name, 0.15, shape...) }

// layerName returns the name of a tensor of layer i.
func layerName(i int, name string) string { return fmt.Sprintf("blk.%d.%s.weight", i, name) }

// attention adds queries, keys, values and output.
func attention(f *file, i int) {
	f.weight(layerName(i, "attn_q"), synthDim, synthHeads*synthHeadDim)
	f.weight(layerName(i, "attn_k"), synthDim, synthKVHeads*synthHeadDim)
	f.weight(layerName(i, "attn_v"), synthDim, synthKVHeads*synthHeadDim)
	f.weight(layerName(i, "attn_output"), synthHeads*synthHeadDim, synthDim)
}

// norms adds norms of the residual stream.
func norms(f *file, i int, names ...string) {
	for _, n := range names {
		f.add(layerName(i, n), synthDim)
	}
}

// dense adds a feed-forward network with a gate.
func dense(f *file, i int) {
	f.weight(layerName(i, "ffn_gate"), synthDim, synthHidden)
	f.weight(layerName(i, "ffn_up"), synthDim, synthHidden)
	f.weight(layerName(i, "ffn_down"), synthHidden, synthDim)
}

// fused adds a feed-forward network whose gate is in ffn_up.
func fused(f *file, i int) {
	f.weight(layerName(i, "ffn_up"), synthDim, 2*synthHidden)
	f.weight(layerName(i, "ffn_down"), synthHidden, synthDim)
}

// experts adds a mixture of experts and, if shared > 0, a shared expert of that
// width.
func experts(f *file, i int, hidden, shared uint64) {
	f.normal(layerName(i, "ffn_gate_inp"), 0.3, synthDim, synthExperts)
	f.weight(layerName(i, "ffn_gate_exps"), synthDim, hidden, synthExperts)
	f.weight(layerName(i, "ffn_up_exps"), synthDim, hidden, synthExperts)
	f.weight(layerName(i, "ffn_down_exps"), hidden, synthDim, synthExperts)
	if shared > 0 {
		f.weight(layerName(i, "ffn_gate_shexp"), synthDim, shared)
		f.weight(layerName(i, "ffn_up_shexp"), synthDim, shared)
		f.weight(layerName(i, "ffn_down_shexp"), shared, synthDim)
	}
}

// plain adds a layer of llama.
func plain(f *file, i int) {
	norms(f, i, "attn_norm", "ffn_norm")
	attention(f, i)
	dense(f, i)
}

// normsAround adds a layer with norms before and after attention and the
// feed-forward network.
func normsAround(f *file, i int) {
	norms(f, i, "attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
	attention(f, i)
	dense(f, i)
}

// addBiases adds biases of the given sizes to tensors of layer i.
func addBiases(f *file, i int, names map[string]uint64) {
	for _, n := range []string{"attn_norm", "ffn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "attn_output_norm", "layer_output_norm"} {
		if size := names[n]; size > 0 {
			t := f.add(fmt.Sprintf("blk.%d.%s.bias", i, n), size)
			for k := range t.x {
				t.x[k] = (t.x[k] - 1) / 2
			}
		}
	}
}

// addScales adds n scales of a tensor and of its input.
func addScales(f *file, name string, n uint64) {
	f.add(name+".scale", n)
	f.add(name+".input_scale", n)
}

// modelOfType returns a llama model of one layer with matrices of the given type,
// of random blocks where quant cannot write it. Rows of 256 are one block of a
// K-quant, for which a fused multiply-add rounds like separate operations; rows
// of ffn_down are two blocks.
func modelOfType(typ quant.Type) *file {
	const dim, hidden, heads, kvHeads, headDim = 256, 512, 8, 2, 32
	f := &file{}
	f.set("general.architecture", "llama")
	for key, value := range map[string]uint32{
		"embedding_length": dim, "block_count": 1, "feed_forward_length": hidden, "context_length": 64,
		"attention.head_count": heads, "attention.head_count_kv": kvHeads, "vocab_size": synthVocab,
	} {
		f.set("llama."+key, value)
	}
	f.set("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	f.add("output_norm.weight", dim)
	f.normal("token_embd.weight", 1, dim, synthVocab)
	f.add(layerName(0, "attn_norm"), dim)
	f.add(layerName(0, "ffn_norm"), dim)
	f.weight(layerName(0, "attn_q"), dim, heads*headDim)
	f.weight(layerName(0, "attn_k"), dim, kvHeads*headDim)
	f.weight(layerName(0, "attn_v"), dim, kvHeads*headDim)
	f.weight(layerName(0, "attn_output"), heads*headDim, dim)
	f.weight(layerName(0, "ffn_gate"), dim, hidden)
	f.weight(layerName(0, "ffn_up"), dim, hidden)
	f.weight(layerName(0, "ffn_down"), hidden, dim)
	for i := range f.tensors {
		if t := &f.tensors[i]; len(t.shape) == 2 {
			t.typ = typ
			if _, ok := blockScales[typ]; ok {
				t.data = make([]byte, len(t.x)/typ.BlockElems()*typ.BlockBytes())
				randomBlocks(t.data, typ, rand.New(rand.NewPCG(2, uint64(i))))
			}
		}
	}
	return f
}
