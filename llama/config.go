package llama

// A Config holds the hyperparameters of a model, as its file gives them.
// "arch." stands for the architecture's name and a dot.
type Config struct {
	Arch      string // general.architecture
	Dim       int    // arch.embedding_length: width of the residual stream
	HiddenDim int    // arch.feed_forward_length
	Layers    int    // arch.block_count without arch.nextn_predict_layers
	Heads     int    // arch.attention.head_count
	KVHeads   int    // arch.attention.head_count_kv; absent: Heads
	HeadDim   int    // arch.attention.key_length, equal to value_length; absent: Dim/Heads
	RopeDim   int    // arch.rope.dimension_count: leading elements of a head that turn; absent: HeadDim; 0: none turn
	Vocab     int    // number of tokenizer.ggml.tokens; without them arch.vocab_size
	Context   int    // arch.context_length: tokens that the model was trained for

	Pooling Pooling // arch.pooling_type: how an embedder makes one vector of its tokens'; absent: PoolingNone

	NormEps float32 // arch.attention.layer_norm_rms_epsilon or layer_norm_epsilon

	RopeBase       float64 // arch.rope.freq_base; absent: 10000
	RopeScaling    string  // arch.rope.scaling.type: "none", "linear", "yarn" or "longrope"; absent: "linear", as in llama.cpp
	RopeFactor     float64 // arch.rope.scaling.factor, by which positions are divided; absent, 0 or scaling "none": 1
	RopeContext    int     // arch.rope.scaling.original_context_length: what it was trained for before scaling; absent: Context
	RopeAttnFactor float64 // arch.rope.scaling.attn_factor, by which cosines and sines are multiplied; absent: 1
	YarnBetaFast   float64 // arch.rope.scaling.yarn_beta_fast; absent: 32
	YarnBetaSlow   float64 // arch.rope.scaling.yarn_beta_slow; absent: 1
	YarnLogMul     float64 // arch.rope.scaling.yarn_log_multiplier; absent: 0

	Window         int     // arch.attention.sliding_window: positions that Windowed layers see; 0: all
	Windowed       []bool  // by layer, arch.attention.sliding_window_pattern; nil if Window is 0
	WindowRopeBase float64 // arch.rope.freq_base_swa: RopeBase of Windowed layers; 0 if Window is 0

	AttnScale    float32 // arch.attention.scale, by which queries are multiplied; absent: 1/√HeadDim
	AttnTemp     float64 // arch.attention.temperature_scale: queries grow with the logarithm of their position; absent: 0
	AttnSoftcap  float32 // arch.attn_logit_softcapping of scores; 0: none
	FinalSoftcap float32 // arch.final_logit_softcapping of logits; 0: none

	EmbdScale     float32 // by which embeddings are multiplied: arch.embedding_scale or the architecture's
	ResidualScale float32 // arch.residual_scale, by which additions to the stream are multiplied; absent: 1
	LogitScale    float32 // by which logits are multiplied, from arch.logit_scale; absent: 1

	Experts     int     // arch.expert_count; 0: no mixtures
	ExpertsUsed int     // arch.expert_used_count: chosen for each token
	ExpertDim   int     // arch.expert_feed_forward_length: HiddenDim of an expert
	SharedDim   int     // HiddenDim of the expert that all tokens share; 0: none
	DenseLayers int     // arch.leading_dense_block_count: layers before the first mixture
	ExpertScale float32 // arch.expert_weights_scale, by which experts' weights are multiplied; absent: 1
}

// A Pooling is a way of making one vector of those of a sequence's tokens.
type Pooling uint8

// The ways of pooling, numbered as in files.
const (
	PoolingNone Pooling = iota // a vector a token
	PoolingMean                // their mean
	PoolingCLS                 // the first token's
	PoolingLast                // the last token's
)

// Embedder reports whether the model gives vectors instead of logits.
func (c *Config) Embedder() bool { return c.family().encoder }

// outDim returns the width of what a token gives.
func (c *Config) outDim() int {
	if c.Embedder() {
		return c.Dim
	}
	return c.Vocab
}

// maxCount bounds every hyperparameter, so that they are ints everywhere and
// the product of two is an int64.
const maxCount = 1<<31 - 1

// kvDim returns the width of the keys of one token in one layer.
func (c *Config) kvDim() int { return c.KVHeads * c.HeadDim }

// qDim returns the width of the queries of one token in one layer.
func (c *Config) qDim() int { return c.Heads * c.HeadDim }

// windowed reports whether a layer sees only the last Window positions.
func (c *Config) windowed(layer int) bool { return c.Window > 0 && c.Windowed[layer] }

// family returns what sets the architecture apart.
func (c *Config) family() family { return families[c.Arch] }
