package synth

import (
	"fmt"
	"strings"
)

// A Shape is the hyperparameters of a llama model; the keys are its GGUF
// names.
type Shape struct {
	Name      string  // on the command line
	Title     string  // general.name
	Dim       int     // llama.embedding_length
	HiddenDim int     // llama.feed_forward_length
	Layers    int     // llama.block_count
	Heads     int     // llama.attention.head_count
	KVHeads   int     // llama.attention.head_count_kv
	HeadDim   int     // llama.rope.dimension_count
	Vocab     int     // llama.vocab_size
	Context   int     // llama.context_length
	RopeBase  float32 // llama.rope.freq_base
	NormEps   float32 // llama.attention.layer_norm_rms_epsilon
	RopeFreqs bool    // has rope_freqs.weight, Llama 3.1's factors of long wavelengths
	Tied      bool    // has no output.weight: token_embd.weight is used for both
}

var shapes = []Shape{
	{Name: "tiny", Title: "Tiny", Dim: 256, HiddenDim: 512, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 64,
		Vocab: 512, Context: 256, RopeBase: 10000, NormEps: 1e-5},
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
}

// Shapes returns the names of the shapes.
func Shapes() []string {
	var names []string
	for _, s := range shapes {
		names = append(names, s.Name)
	}
	return names
}

// ShapeOf returns the shape called name; the error lists the names.
func ShapeOf(name string) (Shape, error) {
	for _, s := range shapes {
		if s.Name == name {
			return s, nil
		}
	}
	return Shape{}, fmt.Errorf("synth: unknown shape %q, want one of %s", name, strings.Join(Shapes(), ", "))
}

// A tensor is one entry of a shape's tensor list: a (rows, cols) matrix, or a
// vector where rows is 1.
type tensor struct {
	name       string
	rows, cols int
	layer      int // of blk.N, -1 elsewhere
	vector     bool
}

// tensors returns the tensors of a file of shape s, in the order that
// convert_hf_to_gguf writes them.
func (s Shape) tensors() []tensor {
	q, kv := s.Heads*s.HeadDim, s.KVHeads*s.HeadDim
	ts := []tensor{{name: "token_embd.weight", rows: s.Vocab, cols: s.Dim, layer: -1}}
	if s.RopeFreqs {
		ts = append(ts, tensor{name: ropeFreqs, rows: 1, cols: s.HeadDim / 2, layer: -1, vector: true})
	}
	for i := range s.Layers {
		blk := func(name string, rows, cols int) {
			ts = append(ts, tensor{fmt.Sprintf("blk.%d.%s.weight", i, name), rows, cols, i, rows == 1})
		}
		blk("attn_norm", 1, s.Dim)
		blk("attn_q", q, s.Dim)
		blk("attn_k", kv, s.Dim)
		blk("attn_v", kv, s.Dim)
		blk("attn_output", s.Dim, q)
		blk("ffn_norm", 1, s.Dim)
		blk("ffn_gate", s.HiddenDim, s.Dim)
		blk("ffn_up", s.HiddenDim, s.Dim)
		blk("ffn_down", s.Dim, s.HiddenDim)
	}
	ts = append(ts, tensor{name: "output_norm.weight", rows: 1, cols: s.Dim, layer: -1, vector: true})
	if !s.Tied {
		ts = append(ts, tensor{name: "output.weight", rows: s.Vocab, cols: s.Dim, layer: -1})
	}
	return ts
}

// shape returns t's dimensions in GGUF's order, fastest first.
func (t tensor) shape() []uint64 {
	if t.vector {
		return []uint64{uint64(t.cols)}
	}
	return []uint64{uint64(t.cols), uint64(t.rows)}
}
