package synth

import (
	"fmt"
	"strings"

	"github.com/querent-ai/chord/gguf"
)

// A Shape is the hyperparameters of a model; the keys are its GGUF names, with
// llama for the architecture.
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

	arch  string                // general.architecture; "": llama
	more  []gguf.KV             // further keys without the architecture; they replace those above
	layer func(l *layout)       // adds the tensors of a layer; nil: llama's
	first func(l *layout)       // adds tensors after the embedding; nil: none
	last  string                // name of the last norm; "": output_norm; "none": there is none
	words func(n int) []gguf.KV // the vocabulary; nil: SentencePiece
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

// A tensor is one entry of a shape's tensor list: a (rows, cols) matrix, as many
// of them as there are experts, or a vector where rows is 1.
type tensor struct {
	name       string
	rows, cols int
	layer      int // of blk.N, -1 elsewhere
	vector     bool
	float      bool      // F32 in all files
	times      int       // of experts or heads: a third dimension; 0: none
	values     []float32 // of a vector, repeated; nil: 1
}

// all returns the number of rows of all matrices of t.
func (t tensor) all() int { return t.rows * max(1, t.times) }

// tensors returns the tensors of a file of shape s, in the order that
// convert_hf_to_gguf writes them.
func (s Shape) tensors() []tensor {
	l := &layout{Shape: s, i: -1}
	l.whole("token_embd.weight", s.Vocab, s.Dim)
	if s.RopeFreqs {
		l.ts = append(l.ts, tensor{name: ropeFreqs, rows: 1, cols: s.HeadDim / 2, layer: -1, vector: true})
	}
	if s.first != nil {
		s.first(l)
	}
	layer := s.layer
	if layer == nil {
		layer = llamaLayer
	}
	for l.i = range s.Layers {
		layer(l)
	}
	l.i = -1
	switch s.last {
	case "none":
	case "":
		l.whole("output_norm.weight", 1, s.Dim)
	default:
		l.whole(s.last+".weight", 1, s.Dim)
	}
	if !s.Tied {
		l.whole("output.weight", s.Vocab, s.Dim)
	}
	return l.ts
}

// shape returns t's dimensions in GGUF's order, fastest first.
func (t tensor) shape() []uint64 {
	switch {
	case t.vector:
		return []uint64{uint64(t.cols)}
	case t.times > 0:
		return []uint64{uint64(t.cols), uint64(t.rows), uint64(t.times)}
	}
	return []uint64{uint64(t.cols), uint64(t.rows)}
}
