package llama

import "github.com/querent-ai/chord/simd"

// A linear is y = Scale·(W·x) + Bias. Scale is nil or (1,), Bias is nil or
// (rows,). If W is nil, the model has no such linear.
type linear struct {
	W     *simd.Matrix
	Scale []float32
	Bias  []float32

	tensor string // name of the tensor with W
	expert int    // index of the expert, 0 if there are none
	id     int    // for adapters; 0: they cannot change it
}

// bytes returns the size of the matrix.
func (l linear) bytes() int64 {
	if l.W == nil {
		return 0
	}
	return int64(l.W.Bytes())
}

// A norm has the weights of a norm and its bias, which may be nil. If W is nil,
// the model has no such norm.
type norm struct{ W, Bias []float32 }

// An mlp is a feed-forward network: Down·(act(Gate·x) * Up·x), or without Gate
// Down·act(Up·x).
type mlp struct {
	Gate linear // (HiddenDim, Dim)
	Up   linear // (HiddenDim, Dim)
	Down linear // (Dim, HiddenDim)

	SubNorm norm // (HiddenDim,), of Down's input; or empty
}

// bytes returns the size of the matrices.
func (m *mlp) bytes() int64 { return m.Gate.bytes() + m.Up.bytes() + m.Down.bytes() }

// A mixture is the mixture of experts of a layer.
type mixture struct {
	GateInp    linear    // ffn_gate_inp, (Experts, Dim): the router
	ProbsBias  []float32 // exp_probs_b, (Experts,) or nil: added to the scores by which experts are chosen
	Expert     []mlp     // ffn_*_exps
	Shared     mlp       // ffn_*_shexp, the expert of all tokens; empty if there is none
	SharedGate []float32 // ffn_gate_inp_shexp, (Dim,), or nil

	Adjugate *mixture // experts that groups of the others share, without a router; or nil

	RouterNorm norm // ffn_gate_inp.scale/√Dim, (Dim,), of the router's input, the residual stream; empty: it has the experts' input
	DenseNorm  norm // post_ffw_norm_1, (Dim,), of the output of the dense network beside the mixture
	PreNorm    norm // pre_ffw_norm_2, (Dim,), of the experts' input
	PostNorm   norm // post_ffw_norm_2, (Dim,), of the mixture's output
}

// weights are the tensors of a model, named as in GGUF.
type weights struct {
	TokenEmbd     *simd.Matrix // (Vocab, Dim)
	TokenTypes    *simd.Matrix // (types, Dim) or nil; the first row is added to all embeddings
	PositionEmbd  *simd.Matrix // (Context, Dim) or nil
	TokenEmbdNorm norm         // (Dim,), embedders only
	OutputNorm    norm         // (Dim,)
	Head          head         // what follows pooling
	Output        linear       // (Vocab, Dim); TokenEmbd if the file has no output matrix; empty in embedders
	PerLayer      perLayer
	Streams       streams
	RopeFactors   []float32 // (RopeDim/2,) or nil: divisors of the frequencies of RoPE
	RopeLong      []float32 // (RopeDim/2,) or nil: the same for sequences longer than RopeContext
	Blk           []blk

	arena   arena
	skipped []string // tensors that no layer needs
	targets []target
}

// A blk is one layer. Parts that its architecture does not have are empty.
type blk struct {
	AttnNorm     norm // (Dim,)
	Attn         *attention
	MLA          *mla       // instead of Attn
	Delta        *deltaNet  // instead of Attn
	Conv         *shortConv // instead of Attn
	Mamba        *mamba2    // instead of Attn, or beside it
	Mamba1       *mamba1    // instead of Attn
	KDA          *kda       // instead of Attn
	RWKV         *rwkv      // instead of Attn
	ChannelLerp  []float32  // channel_mix_lerp_k, (Dim,), or nil: how much of the token before the network gets
	AttnPostNorm norm       // (Dim,)
	FFNNorm      norm       // (Dim,)
	FFN          mlp
	Experts      *mixture // instead of FFN
	FFNPostNorm  norm     // (Dim,)
	Input        layerInput
	Streams      streamLayer

	AttnOutputNorm  norm // (Dim,), of the residual stream after attention
	AttnNorm2       norm // (Dim,), of the residual stream after attention and a second addition of attention's input
	LayerOutputNorm norm // (Dim,), of the residual stream after the feed-forward network
}

// mixes reports whether the layer has a mixer.
func (b *blk) mixes() bool {
	return b.Attn != nil || b.MLA != nil || b.Delta != nil || b.Conv != nil || b.Mamba != nil || b.Mamba1 != nil || b.KDA != nil || b.RWKV != nil
}

// hasNetwork reports whether the layer has a feed-forward network.
func (b *blk) hasNetwork() bool { return b.FFN.Up.W != nil || b.Experts != nil }

// attention is the mixer [MixAttention].
type attention struct {
	Q       linear    // attn_q, (Heads·KeyDim, Dim), or twice the rows with gates
	K       linear    // attn_k, (KVHeads·KeyDim, Dim); empty if an earlier layer's keys and values are used
	V       linear    // attn_v, (KVHeads·ValueDim, Dim); empty if the keys are the values
	QNorm   norm      // attn_q_norm, (KeyDim,) or (Heads·KeyDim,)
	KNorm   norm      // attn_k_norm, (KeyDim,) or (KVHeads·KeyDim,)
	VNorm   norm      // (ValueDim,), ones
	Sinks   []float32 // attn_sinks, (Heads,): attention-sink logits, an extra term of the softmax's denominator
	RelBias []float32 // attn_rel_b, (RelBuckets, Heads): biases of scores, or nil
	SubNorm norm      // attn_sub_norm, (Heads·ValueDim,), of Output's input; or empty
	Gate    linear    // attn_gate, (Heads·ValueDim, Dim), or empty
	Output  linear    // attn_output, (Dim, Heads·ValueDim)
}

// bytes returns the size of the matrices.
func (a *attention) bytes() int64 {
	return a.Q.bytes() + a.K.bytes() + a.V.bytes() + a.Gate.bytes() + a.Output.bytes()
}

// free returns the memory of the matrices to the system. Nothing may use them
// afterwards.
func (w *weights) free() error {
	a := w.arena
	*w = weights{}
	return a.free()
}

// hiddenDim returns the row length of a pass's gate and up: the width of the
// widest feed-forward network, or of used experts together. It takes the widths
// from the loaded matrices, since a file may also give widths of networks that
// no layer has.
func (w *weights) hiddenDim(used int) int {
	n := 0
	for i := range w.Blk {
		b := &w.Blk[i]
		n = max(n, b.FFN.hiddenDim())
		if e := b.Experts; e != nil {
			n = max(n, e.Shared.hiddenDim(), used*e.Expert[0].hiddenDim()) // below maxCount
			if e.Adjugate != nil {
				n = max(n, used*e.Adjugate.Expert[0].hiddenDim())
			}
		}
	}
	return n
}

// hiddenDim returns the width of the network, 0 if there is none.
func (m *mlp) hiddenDim() int {
	if m.Up.W == nil {
		return 0
	}
	return m.Up.W.Rows()
}
