package llama

import "github.com/querent-ai/chord/simd"

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

// free gives the memory of the matrices back. Nothing may use them any more.
func (w *weights) free() error {
	a := w.arena
	*w = weights{}
	return a.free()
}

// hidden returns how wide a row of a pass's gate and up must be: as wide as the
// widest network, or all chosen experts' together. It goes by the matrices that
// were loaded, since a file may also give widths of networks that no layer has.
// used is the number of chosen experts.
func (w *weights) hidden(used int) int {
	n := 0
	for i := range w.Blk {
		b := &w.Blk[i]
		n = max(n, b.FFN.hidden())
		if e := b.Experts; e != nil {
			n = max(n, e.Shared.hidden(), used*e.Expert[0].hidden()) // the product is below maxCount
		}
	}
	return n
}

// hidden returns the width of the network, 0 if there is none.
func (m *mlp) hidden() int {
	if m.Up.W == nil {
		return 0
	}
	return m.Up.W.Rows()
}
