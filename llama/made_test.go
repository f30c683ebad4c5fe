package llama_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/querent-ai/chord/quant"
)

// The shape of made models: small, but with several layers, so that windows
// and exceptions by layer show.
const (
	madeDim, madeHidden, madeLayers, madeVocab = 64, 96, 4, 48
	madeHeads, madeKVHeads, madeHeadDim        = 4, 2, 16
	madeExperts, madeUsed, madeExpertDim       = 4, 2, 32
)

// A made is a model of an architecture, or of a form of it, that test data have
// no file of: random weights, computed by llama.cpp once.
type made struct {
	name, arch string
	kv         map[string]any // hyperparameters beyond the usual ones
	layer      func(f *file, i int)
	whole      func(f *file)
	embeds     bool
}

// file returns the model.
func (m made) file() *file {
	f := &file{}
	f.set("general.architecture", m.arch)
	f.set("tokenizer.ggml.model", "no_vocab")
	for key, value := range map[string]uint32{
		"embedding_length": madeDim, "block_count": madeLayers, "feed_forward_length": madeHidden,
		"context_length": 64, "attention.head_count": madeHeads, "attention.head_count_kv": madeKVHeads,
		"vocab_size": madeVocab, "rope.dimension_count": madeHeadDim,
	} {
		f.set(m.arch+"."+key, value)
	}
	f.set(m.arch+".attention.layer_norm_rms_epsilon", float32(1e-5))
	f.set(m.arch+".attention.layer_norm_epsilon", float32(1e-5))
	for key, value := range m.kv {
		f.set(m.arch+"."+key, value)
	}
	f.spread("token_embd.weight", 1, madeDim, madeVocab)
	if !m.embeds {
		f.add("output_norm.weight", madeDim)
	}
	for i := range madeLayers {
		m.layer(f, i)
	}
	if m.whole != nil {
		m.whole(f)
	}
	return f
}

// spread adds a tensor whose elements have a standard deviation of s.
func (f *file) spread(name string, s float32, shape ...uint64) {
	t := f.add(name, shape...)
	for i := range t.x {
		t.x[i] *= 2 * s
	}
}

// weight adds a matrix that keeps the size of what it is multiplied with.
func (f *file) weight(name string, shape ...uint64) { f.spread(name, 0.15, shape...) }

// layerName returns the name of a tensor of layer i.
func layerName(i int, name string) string { return fmt.Sprintf("blk.%d.%s.weight", i, name) }

// attention adds queries, keys, values and output.
func attention(f *file, i int) {
	f.weight(layerName(i, "attn_q"), madeDim, madeHeads*madeHeadDim)
	f.weight(layerName(i, "attn_k"), madeDim, madeKVHeads*madeHeadDim)
	f.weight(layerName(i, "attn_v"), madeDim, madeKVHeads*madeHeadDim)
	f.weight(layerName(i, "attn_output"), madeHeads*madeHeadDim, madeDim)
}

// norms adds norms of the stream's width.
func norms(f *file, i int, names ...string) {
	for _, n := range names {
		f.add(layerName(i, n), madeDim)
	}
}

// dense adds a feed-forward network with a gate.
func dense(f *file, i int) {
	f.weight(layerName(i, "ffn_gate"), madeDim, madeHidden)
	f.weight(layerName(i, "ffn_up"), madeDim, madeHidden)
	f.weight(layerName(i, "ffn_down"), madeHidden, madeDim)
}

// fused adds one whose gate is in ffn_up.
func fused(f *file, i int) {
	f.weight(layerName(i, "ffn_up"), madeDim, 2*madeHidden)
	f.weight(layerName(i, "ffn_down"), madeHidden, madeDim)
}

// experts adds a mixture, and if shared > 0 a shared expert of that width.
func experts(f *file, i int, hidden, shared uint64) {
	f.spread(layerName(i, "ffn_gate_inp"), 0.3, madeDim, madeExperts)
	f.weight(layerName(i, "ffn_gate_exps"), madeDim, hidden, madeExperts)
	f.weight(layerName(i, "ffn_up_exps"), madeDim, hidden, madeExperts)
	f.weight(layerName(i, "ffn_down_exps"), hidden, madeDim, madeExperts)
	if shared > 0 {
		f.weight(layerName(i, "ffn_gate_shexp"), madeDim, shared)
		f.weight(layerName(i, "ffn_up_shexp"), madeDim, shared)
		f.weight(layerName(i, "ffn_down_shexp"), shared, madeDim)
	}
}

// plain adds a layer of llama.
func plain(f *file, i int) {
	norms(f, i, "attn_norm", "ffn_norm")
	attention(f, i)
	dense(f, i)
}

// sandwich adds a layer with norms before and after.
func sandwich(f *file, i int) {
	norms(f, i, "attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
	attention(f, i)
	dense(f, i)
}

// biased adds a bias to tensors of layer i.
func biased(f *file, i int, names map[string]uint64) {
	for _, n := range []string{"attn_norm", "ffn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "attn_output_norm", "layer_output_norm"} {
		if size := names[n]; size > 0 {
			t := f.add(fmt.Sprintf("blk.%d.%s.bias", i, n), size)
			for k := range t.x {
				t.x[k] = (t.x[k] - 1) / 2
			}
		}
	}
}

// scaled adds n scales of a tensor, and those of its input.
func scaled(f *file, name string, n uint64) {
	f.add(name+".scale", n)
	f.add(name+".input_scale", n)
}

// typed returns a model of llama of one layer whose matrices are of a type, in
// random blocks where quant has no writer of it. Rows of 256 are one block of
// K-quants, in which a fused sum rounds as others do: ffn_down's are two.
func typed(typ quant.Type) *file {
	const dim, hidden, heads, kvHeads, headDim = 256, 512, 8, 2, 32
	f := &file{}
	f.set("general.architecture", "llama")
	for key, value := range map[string]uint32{
		"embedding_length": dim, "block_count": 1, "feed_forward_length": hidden, "context_length": 64,
		"attention.head_count": heads, "attention.head_count_kv": kvHeads, "vocab_size": madeVocab,
	} {
		f.set("llama."+key, value)
	}
	f.set("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	f.add("output_norm.weight", dim)
	f.spread("token_embd.weight", 1, dim, madeVocab)
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
