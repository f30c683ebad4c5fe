package llama

import (
	"fmt"
	"math"

	"github.com/querent-ai/chord/gguf"
)

// A Config holds the hyperparameters of a model, as its file gives them.
// "arch." stands for the architecture's name and a dot.
type Config struct {
	Arch    string        // general.architecture
	Dim     int           // arch.embedding_length: width of the residual stream
	Layer   []LayerConfig // arch.block_count without arch.nextn_predict_layers
	RopeDim int           // arch.rope.dimension_count: leading elements of a head that rotate; absent: KeyDim; 0: none
	Vocab   int           // number of tokenizer.ggml.tokens; without them arch.vocab_size
	Context int           // arch.context_length: tokens that the model was trained for

	MLAKeyDim   int // arch.attention.key_length_mla: elements of a key of [MixMLA], made of KVRank cached elements, and RopeDim more; of [MixWholeMLA]: KeyDim
	MLAValueDim int // arch.attention.value_length_mla; of [MixWholeMLA]: ValueDim
	QRank       int // arch.attention.q_lora_rank: rank of the matrix of queries of [MixMLA] and [MixWholeMLA]; 0: full
	KVRank      int // arch.attention.kv_lora_rank
	PerLayerDim int // arch.embedding_length_per_layer_input: width of the embeddings that a token has in every layer; 0: none

	Pooling Pooling  // arch.pooling_type: how an embedder pools the vectors of its tokens; absent: PoolingNone
	Labels  []string // arch.classifier.output_labels: names of the outputs of the classification head

	NormEps float32 // arch.attention.layer_norm_rms_epsilon or layer_norm_epsilon

	RopeBase       float64 // arch.rope.freq_base; absent: 10000. The architecture may raise it by arch.rope.scaling.alpha
	RopeScaling    string  // arch.rope.scaling.type: "none", "linear", "yarn" or "longrope"; absent: "linear", as in llama.cpp
	RopeFactor     float64 // arch.rope.scaling.factor: positions are divided by it; absent, 0 or scaling "none": 1
	RopeContext    int     // arch.rope.scaling.original_context_length: the context of the training before scaling; absent: Context
	RopeAttnFactor float64 // arch.rope.scaling.attn_factor: cosines and sines are multiplied by it; absent: 1
	YarnBetaFast   float64 // arch.rope.scaling.yarn_beta_fast; absent: 32
	YarnBetaSlow   float64 // arch.rope.scaling.yarn_beta_slow; absent: 1
	YarnLogMul     float64 // arch.rope.scaling.yarn_log_multiplier; absent: 0

	RopeSections [4]int // arch.rope.dimension_sections: pairs of a head that rotate by time, height, width and a fourth position; the last do not rotate in a text

	WindowRopeBase float64 // arch.rope.freq_base_swa: RopeBase of layers with a window; 0: no layer has one
	WindowRopeDim  int     // arch.rope.dimension_count_swa: RopeDim of layers with a window; absent: RopeDim

	AttnTempLength int     // positions of a step of AttnTemp: RopeContext, or arch.attention.temperature_length
	AttnTempOffset int     // added to a position for AttnTemp
	AttnTemp       float64 // arch.attention.temperature_scale: queries grow with the logarithm of their position; absent: 0
	AttnSoftcap    float32 // arch.attn_logit_softcapping: cap of the attention scores; 0: none
	FinalSoftcap   float32 // arch.final_logit_softcapping: cap of the logits; 0: none

	EmbdScale     float32 // arch.embedding_scale or the architecture's: embeddings are multiplied by it
	ResidualScale float32 // arch.residual_scale: additions to the residual stream are multiplied by it; absent: 1
	LogitScale    float32 // from arch.logit_scale: logits are multiplied by it; absent: 1

	SiLU     bool // arch.hidden_activation is silu, not the architecture's activation
	Parallel bool // arch.use_parallel_residual or the architecture's: attention and the feed-forward network have the same input

	AttnValueScale float32 // arch.attention.value_scale: attention's output is multiplied by it; absent: 1

	AlibiBias float64 // arch.attention.max_alibi_bias or the architecture's: attention scores fall with the distance of the tokens, each head with its own slope; 0: they do not

	RelBuckets int // arch.attention.relative_buckets_count: classes of distances of two tokens, each with a bias of its own; 0: none

	ClampKQV float32 // arch.attention.clamp_kqv: bound of the elements of queries, keys and values; 0: none

	Experts     int     // arch.expert_count; 0: no mixtures of experts
	ExpertsUsed int     // arch.expert_used_count: experts that the router chooses for a token
	ExpertDim   int     // arch.expert_feed_forward_length: HiddenDim of an expert
	SharedDim   int     // HiddenDim of the expert that all tokens share; 0: none
	DenseLayers int     // arch.leading_dense_block_count: layers before the first mixture
	ExpertScale float32 // arch.expert_weights_scale: the router's weights are multiplied by it; absent: 1

	ExpertsShare  int     // arch.experts_per_group: experts that share an adjugate expert
	AdjugateDim   int     // arch.expert_chunk_feed_forward_length: HiddenDim of an adjugate expert; absent: KeyDim
	AdjugateScale float32 // arch.expert_group_scale: the output of adjugate experts is multiplied by it

	ExpertGating     Gating // arch.expert_gating_func or the architecture's
	ExpertNorm       bool   // arch.expert_weights_norm or the architecture's: the weights of the chosen experts are scaled to a sum of 1
	ExpertGroups     int    // arch.expert_group_count: groups of experts, of which the best are chosen first; 0: none
	ExpertGroupsUsed int    // arch.expert_group_used_count
	SSM              SSM    // sizes of recurrent layers
}

// A LayerConfig holds the hyperparameters that may differ between layers. In a
// file each of them is one number for all layers, or a list.
type LayerConfig struct {
	Mixer       Mixer
	Heads       int       // arch.attention.head_count: query heads
	KVHeads     int       // arch.attention.head_count_kv: heads of keys and values; absent: Heads
	KeyDim      int       // arch.attention.key_length, of layers with a window key_length_swa: elements of a query and of a key; absent: Dim/Heads
	ValueDim    int       // arch.attention.value_length, of layers with a window value_length_swa: elements of a value; absent: KeyDim
	KVBack      int       // it uses the keys and values of the layer this number before it, by arch.attention.shared_kv_layers; 0: its own
	AttnScale   float32   // arch.attention.scale: queries are multiplied by it; absent: 1/√KeyDim
	Window      int       // arch.attention.sliding_window: positions that a token sees, itself included; 0: all. In an embedder half of them on each side, and itself
	Rope        LayerRope // arch.attention.sliding_window_pattern and the architecture
	XIELU       XIELU     // arch.xielu.alpha_n, alpha_p, beta and eps
	ExpertClamp float32   // arch.swiglu_clamp_exp: bound of SwiGLU in experts; 0: none
	MLPClamp    float32   // arch.swiglu_clamp_shexp: the same in shared experts and dense networks
	HiddenDim   int       // arch.feed_forward_length; 0 in a mixture of experts
	Experts     bool      // a mixture of experts instead of one feed-forward network
}

// A Mixer is the part of a layer that mixes the tokens of a sequence.
type Mixer uint8

// The mixers.
const (
	MixAttention       Mixer = iota // softmax attention over cached keys and values
	MixMLA                          // the same with keys and values of low rank, of which only the factors are cached
	MixDeltaNet                     // gated DeltaNet: a matrix of state for each head
	MixShortConv                    // a gated convolution with the last inputs
	MixMamba2                       // a state space model with one decay for each head
	MixAttentionMamba2              // attention and that, of the same input; their outputs are added
	MixNone                         // nothing: the layer is a feed-forward network
	MixMamba                        // a state space model with a decay for each element of the state
	MixKDA                          // Kimi Delta Attention: gated DeltaNet with a decay for each element of a key
	MixRWKV7                        // RWKV 7's time mix: the delta rule with decays and rates for each element of a key
	MixWholeMLA                     // as MixMLA, but the keys and values of every head are cached
)

// attends reports whether the layer has attention.
func (l *LayerConfig) attends() bool {
	return l.Mixer == MixAttention || l.Mixer == MixMLA || l.Mixer == MixWholeMLA || l.Mixer == MixAttentionMamba2
}

// A LayerRope says which angles RoPE uses in a layer.
type LayerRope uint8

// The angles of a layer.
const (
	RopeAll    LayerRope = iota // those of layers with full attention
	RopeWindow                  // those of layers with a window
	RopeNone                    // no RoPE
)

// qDim returns the width of a token's queries.
func (l *LayerConfig) qDim() int { return l.Heads * l.KeyDim }

// kDim returns the width of a token's keys.
func (l *LayerConfig) kDim() int { return l.KVHeads * l.KeyDim }

// vDim returns the width of a token's values.
func (l *LayerConfig) vDim() int { return l.KVHeads * l.ValueDim }

// outDim returns the width of attention's output for a token.
func (l *LayerConfig) outDim() int { return l.Heads * l.ValueDim }

// A Pooling says how an embedder makes one vector from the vectors of a
// sequence's tokens.
type Pooling uint8

// The kinds of pooling, numbered as in files.
const (
	PoolingNone Pooling = iota // no pooling: one vector for each token
	PoolingMean                // the mean
	PoolingCLS                 // the first token's vector
	PoolingLast                // the last token's vector
	PoolingRank                // the score of the classification head for one token's vector: a reranker
)

// Embedder reports whether the model outputs vectors instead of logits.
func (c *Config) Embedder() bool { return c.family().encoder }

// maxCount bounds every hyperparameter, so that each fits an int on every
// platform and the product of two fits an int64.
const maxCount = 1<<31 - 1

// family returns the differences of the architecture from llama.
func (c *Config) family() family { return families[c.Arch] }

// ReadConfig returns the hyperparameters of f. It checks each of them and how
// they fit together, and allocates nothing of their size.
//
// Errors name the key. They wrap [ErrUnsupported] if the file asks for
// something that this package does not do, else [gguf.ErrFormat].
func ReadConfig(f *gguf.File) (Config, error) {
	arch, ok, err := f.Str("general.architecture")
	if err != nil {
		return Config{}, fmt.Errorf("llama: %w", err)
	}
	if !ok {
		return Config{}, fmt.Errorf("llama: %w", formatError("general.architecture: missing"))
	}
	fam, ok := families[arch]
	if !ok {
		return Config{}, unknownArch(arch)
	}
	c := Config{Arch: arch}
	r := &keyReader{f: f, arch: arch, fam: fam, c: &c}
	r.sizes(&c)
	r.mixers(&c)
	r.heads(&c)
	r.alibi(&c)
	r.relative(&c)
	r.ropes(&c)
	r.sections(&c)
	r.windows(&c)
	r.sharedKV(&c)
	r.mlaHeads(&c)
	r.scales(&c)
	r.experts(&c)
	r.hiddenDims(&c)
	r.adjugates(&c)
	r.clamps(&c)
	r.pooling(&c)
	r.parallel(&c)
	r.activation(&c)
	r.refuse(&c)
	if r.err != nil {
		return Config{}, r.err
	}
	return c, nil
}

// sizes reads the sizes of the countOrZero model.
func (r *keyReader) sizes(c *Config) {
	c.Dim = r.mustCount("embedding_length")
	blocks := r.mustCount("block_count")
	if n := len(r.f.Tensors); r.err == nil && blocks > n {
		r.bad("block_count", "%d, but the file has %d tensors", blocks, n)
	}
	next := r.countOrZero("nextn_predict_layers", 0)
	if next >= blocks && next > 0 {
		r.bad("nextn_predict_layers", "%d of %d layers", next, blocks)
	}
	if r.err != nil {
		return
	}
	r.layers = blocks - next // the last blocks predict further tokens and are not used
	r.blocks = blocks
	c.Layer = make([]LayerConfig, r.layers)
	c.Context = r.mustCount("context_length")
	key := "attention.layer_norm_rms_epsilon"
	_, rms := r.f.Get(r.arch + "." + key)
	if rms && r.fam.layerNormOnly {
		r.unsupported(key, "RMS norms")
	}
	if r.fam.norm == normLayer || r.fam.oneBlock && !rms {
		key = "attention.layer_norm_epsilon"
	}
	c.NormEps = float32(r.float(key, math.NaN()))
	if !(c.NormEps > 0 && c.NormEps < 1) {
		r.bad(key, "%g, want a number between 0 and 1", c.NormEps)
	}
	c.Vocab = r.vocab()
	c.PerLayerDim = r.perLayer(c)
}

// vocab returns the number of tokens.
func (r *keyReader) vocab() int {
	size := r.count("vocab_size", 0)
	tokens, ok, err := r.f.Strs("tokenizer.ggml.tokens")
	r.fail(err)
	switch {
	case !ok && size == 0:
		r.bad("vocab_size", "missing, and so is tokenizer.ggml.tokens")
	case ok && size != 0 && size != len(tokens):
		r.bad("vocab_size", "%d, but tokenizer.ggml.tokens has %d", size, len(tokens))
	case ok && len(tokens) == 0:
		r.fail(formatError("tokenizer.ggml.tokens: empty"))
	case ok:
		return len(tokens)
	}
	return size
}

// pooling reads how an embedder pools, and the labels of a classifier.
func (r *keyReader) pooling(c *Config) {
	pooling := r.countOrZero("pooling_type", 0)
	if pooling > int(PoolingRank) {
		r.unsupported("pooling_type", "%d", pooling)
	}
	c.Pooling = Pooling(pooling)
	labels, _, err := r.f.Strs(r.arch + ".classifier.output_labels")
	r.fail(err)
	c.Labels = labels
}

// parallel reads whether attention and the feed-forward network are parallel.
func (r *keyReader) parallel(c *Config) {
	c.Parallel = r.fam.parallel == parallelAlways
	if r.fam.parallel == parallelByKey {
		c.Parallel = r.flag("use_parallel_residual", true)
	}
}

// refuse refuses keys that would change the arithmetic.
func (r *keyReader) refuse(c *Config) {
	if causal := r.flag("attention.causal", !r.fam.encoder); causal == r.fam.encoder {
		r.unsupported("attention.causal", "%t", causal)
	}
	// A stablelm with one norm a layer computes attention and network in
	// parallel, whatever the key says; so does llama.cpp.
	_, two := r.f.Tensor("blk.0.ffn_norm.weight")
	if r.flag("use_parallel_residual", false) && !c.Parallel && (two || r.fam.qkNorm != qkNormOptional) {
		r.unsupported("use_parallel_residual", "true")
	}
}
