package llama

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/simd"
)

// A linear is y = Scale·(W·x) + Bias. Scale is nil or (1,), Bias nil or (rows,).
// Without W there is none.
type linear struct {
	W     *simd.Matrix
	Scale []float32
	Bias  []float32

	tensor string // where W is from
	expert int    // whose W is, 0 if nobody's
}

// bytes returns the size of the matrix.
func (l linear) bytes() int64 {
	if l.W == nil {
		return 0
	}
	return int64(l.W.Bytes())
}

// A norm is what a normed vector is multiplied with and, if not nil, what is
// added then. Without W there is no norm.
type norm struct{ W, Bias []float32 }

// An mlp is a feed-forward network: Down·(act(Gate·x) * Up·x), or without a
// Gate Down·act(Up·x).
type mlp struct {
	Gate linear // (HiddenDim, Dim)
	Up   linear // (HiddenDim, Dim)
	Down linear // (Dim, HiddenDim)
}

// bytes returns the size of the matrices.
func (m *mlp) bytes() int64 { return m.Gate.bytes() + m.Up.bytes() + m.Down.bytes() }

// A mixture is a layer's experts.
type mixture struct {
	GateInp    linear    // ffn_gate_inp, (Experts, Dim): what each expert is worth
	Expert     []mlp     // ffn_*_exps
	Shared     mlp       // ffn_*_shexp, for all tokens; empty if there is none
	SharedGate []float32 // ffn_gate_inp_shexp, (Dim,), or nil
}

// weights are the tensors of a model, named as in GGUF.
type weights struct {
	TokenEmbd     *simd.Matrix // (Vocab, Dim)
	TokenTypes    *simd.Matrix // (types, Dim) or nil; the first row is added to all embeddings
	PositionEmbd  *simd.Matrix // (Context, Dim) or nil
	TokenEmbdNorm norm         // (Dim,), of embedders
	OutputNorm    norm         // (Dim,)
	Output        linear       // (Vocab, Dim); TokenEmbd if the file has none; empty in embedders
	RopeFactors   []float32    // (RopeDim/2,) or nil: divisors of the frequencies
	RopeLong      []float32    // (RopeDim/2,) or nil: those of sequences longer than RopeContext
	Blk           []blk

	arena arena
}

// A blk is one layer. What its architecture lacks is empty.
type blk struct {
	AttnNorm     norm // (Dim,)
	Attn         *attention
	AttnPostNorm norm // (Dim,)
	FFNNorm      norm // (Dim,)
	FFN          mlp
	Experts      *mixture // instead of FFN
	FFNPostNorm  norm     // (Dim,)

	AttnOutputNorm  norm // (Dim,), of the stream after attention's addition
	LayerOutputNorm norm // (Dim,), of the stream after the network's
}

// attention is the mixer [MixAttention].
type attention struct {
	Q      linear    // attn_q, (Heads·KeyDim, Dim)
	K      linear    // attn_k, (KVHeads·KeyDim, Dim)
	V      linear    // attn_v, (KVHeads·ValueDim, Dim)
	QNorm  norm      // attn_q_norm, (KeyDim,) or (Heads·KeyDim,)
	KNorm  norm      // attn_k_norm, (KeyDim,) or (KVHeads·KeyDim,)
	Sinks  []float32 // attn_sinks, (Heads,): an extra term of the softmax's denominator
	Output linear    // attn_output, (Dim, Heads·ValueDim)
}

// bytes returns the size of the matrices.
func (a *attention) bytes() int64 {
	return a.Q.bytes() + a.K.bytes() + a.V.bytes() + a.Output.bytes()
}

// loadWeights reads all tensors of f, which must be those of c and no others. At
// most room bytes of matrices are copied, if that is possible. Without p tensors
// are checked only, and no data are read.
func loadWeights(f *gguf.File, c Config, p *simd.Pool, room int64) (w weights, err error) {
	l := &loader{f: f, p: p, room: room, c: c, fam: c.family(), used: map[string]bool{}}
	defer func() {
		if err != nil {
			_ = l.arena.free() // err came first
		}
	}()
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	w.TokenEmbd = l.matrix("token_embd.weight", c.Vocab, c.Dim)
	w.RopeFactors, w.RopeLong = l.ropeFactors()
	if l.fam.learnedPos {
		w.PositionEmbd = l.matrix("position_embd.weight", c.Context, c.Dim)
	}
	if l.fam.encoder {
		l.encoder(&w)
	} else {
		l.output(&w)
	}
	for i := 0; i < len(c.Layer) && l.err == nil; i++ {
		w.Blk = append(w.Blk, l.blk(i))
	}
	l.rest()
	w.arena = l.arena
	return w, l.err
}

// output reads what makes logits.
func (l *loader) output(w *weights) {
	w.OutputNorm = l.norm("output_norm", l.c.Dim)
	w.Output = linear{W: w.TokenEmbd, tensor: "token_embd.weight"}
	if l.has("output.weight") {
		w.Output = linear{W: l.matrix("output.weight", l.c.Vocab, l.c.Dim), Scale: l.scale("output", 1), tensor: "output.weight"}
	}
	if l.has("output.bias") {
		w.Output.Bias = l.vector("output.bias", l.c.Vocab)
	}
}

// encoder reads what only embedders have.
func (l *loader) encoder(w *weights) {
	w.TokenEmbdNorm = l.norm("token_embd_norm", l.c.Dim)
	if t, ok := l.f.Tensor("token_types.weight"); ok && len(t.Shape) > 0 {
		types := uint64(1)
		if len(t.Shape) > 1 {
			types = t.Shape[1]
		}
		if types < 1 || types > maxCount {
			l.fail(t.Name, formatError(fmt.Sprintf("shape %d", t.Shape)))
			return
		}
		w.TokenTypes = l.matrix(t.Name, int(types), l.c.Dim)
	}
}

// rest refuses tensors that nothing has read: a model computed without them
// would be another model.
func (l *loader) rest() {
	next, _ := l.number("nextn_predict_layers")
	for i := range l.f.Tensors {
		name := l.f.Tensors[i].Name
		if l.err != nil || l.used[name] {
			continue
		}
		var n int
		if _, err := fmt.Sscanf(name, "blk.%d.", &n); err == nil && n >= len(l.c.Layer) && strings.HasPrefix(name, "blk.") {
			if n >= len(l.c.Layer)+next {
				l.fail(name, formatError(fmt.Sprintf("%s.block_count is %d", l.c.Arch, len(l.c.Layer)+next)))
			}
			continue
		}
		l.fail(name, fmt.Errorf("not a tensor of architecture %s as known here: %w", l.c.Arch, ErrUnsupported))
	}
}

// number returns the count under a key of the architecture.
func (l *loader) number(key string) (int, error) {
	n, _, err := l.f.Int(l.c.Arch + "." + key)
	return int(n), err
}

// free gives the memory of the matrices back. Nothing may use them any more.
func (w *weights) free() error {
	a := w.arena
	*w = weights{}
	return a.free()
}
