package llama

import (
	"fmt"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/simd"
)

// A linear is y = W·x + Bias. Bias is nil or (rows,).
type linear struct {
	W    *simd.Matrix
	Bias []float32
}

// bytes returns the size of the matrix.
func (l linear) bytes() int64 { return int64(l.W.Bytes()) }

// weights are the tensors of a model, named as in GGUF.
type weights struct {
	TokenEmbd  *simd.Matrix // (Vocab, Dim)
	OutputNorm []float32    // (Dim,)
	Output     linear       // (Vocab, Dim); TokenEmbd if the file has none
	RopeFreqs  []float32    // (RopeDim/2,) or nil
	Blk        []blk

	arena arena
}

// A blk is one layer.
type blk struct {
	AttnNorm   []float32 // (Dim,)
	AttnQ      linear    // (Heads·HeadDim, Dim)
	AttnK      linear    // (KVHeads·HeadDim, Dim)
	AttnV      linear    // (KVHeads·HeadDim, Dim)
	AttnOutput linear    // (Dim, Heads·HeadDim)
	FFNNorm    []float32 // (Dim,)
	FFNGate    linear    // (HiddenDim, Dim)
	FFNUp      linear    // (HiddenDim, Dim)
	FFNDown    linear    // (Dim, HiddenDim)
}

// loadWeights reads all tensors of f, which must be those of c and no others.
// At most room bytes of matrices are copied, if that is possible.
func loadWeights(f *gguf.File, c Config, p *par.Pool, room int64) (weights, error) {
	l := &loader{f: f, p: p, room: room, used: map[string]bool{}}
	w := weights{
		TokenEmbd:  l.matrix("token_embd.weight", c.Vocab, c.Dim),
		OutputNorm: l.vector("output_norm.weight", c.Dim),
	}
	w.Output.W = w.TokenEmbd
	if l.has("output.weight") {
		w.Output.W = l.matrix("output.weight", c.Vocab, c.Dim)
	}
	if l.has("rope_freqs.weight") {
		w.RopeFreqs = l.factors("rope_freqs.weight", c.RopeDim/2)
	}
	for i := 0; i < c.Layers && l.err == nil; i++ {
		w.Blk = append(w.Blk, l.blk(fmt.Sprintf("blk.%d.", i), c))
	}
	l.rest(c)
	w.arena = l.arena
	if l.err != nil {
		w.free()
		return weights{}, l.err
	}
	return w, nil
}

// blk reads the layer whose tensors' names start with prefix.
func (l *loader) blk(prefix string, c Config) blk {
	return blk{
		AttnNorm:   l.vector(prefix+"attn_norm.weight", c.Dim),
		AttnQ:      l.linear(prefix+"attn_q", c.qDim(), c.Dim),
		AttnK:      l.linear(prefix+"attn_k", c.kvDim(), c.Dim),
		AttnV:      l.linear(prefix+"attn_v", c.kvDim(), c.Dim),
		AttnOutput: l.linear(prefix+"attn_output", c.Dim, c.qDim()),
		FFNNorm:    l.vector(prefix+"ffn_norm.weight", c.Dim),
		FFNGate:    l.linear(prefix+"ffn_gate", c.HiddenDim, c.Dim),
		FFNUp:      l.linear(prefix+"ffn_up", c.HiddenDim, c.Dim),
		FFNDown:    l.linear(prefix+"ffn_down", c.Dim, c.HiddenDim),
	}
}

// rest refuses tensors that nothing has read: a model computed without them
// would be another model.
func (l *loader) rest(c Config) {
	for i := range l.f.Tensors {
		name := l.f.Tensors[i].Name
		if l.err != nil || l.used[name] {
			continue
		}
		var n int
		if _, err := fmt.Sscanf(name, "blk.%d.", &n); err == nil && n >= c.Layers && strings.HasPrefix(name, "blk.") {
			l.fail(name, formatError(fmt.Sprintf("%s.block_count is %d", c.Arch, c.Layers)))
		} else {
			l.fail(name, fmt.Errorf("not a tensor of architecture %s as known here: %w", c.Arch, ErrUnsupported))
		}
	}
}

// free gives the memory of the matrices back. Nothing may use them any more.
func (w *weights) free() error {
	a := w.arena
	*w = weights{}
	return a.free()
}
