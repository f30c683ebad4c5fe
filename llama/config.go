package llama

// A Config holds the hyperparameters of a model, as its file gives them.
// "arch." stands for the architecture's name and a dot.
type Config struct {
	Arch      string // general.architecture
	Dim       int    // arch.embedding_length: width of the residual stream
	HiddenDim int    // arch.feed_forward_length
	Layers    int    // arch.block_count
	Heads     int    // arch.attention.head_count
	KVHeads   int    // arch.attention.head_count_kv; absent: Heads
	HeadDim   int    // arch.attention.key_length, equal to value_length; absent: Dim/Heads
	RopeDim   int    // arch.rope.dimension_count: leading elements of a head that turn; absent: HeadDim
	Vocab     int    // number of tokenizer.ggml.tokens; without them arch.vocab_size
	Context   int    // arch.context_length: tokens that the model was trained for

	RopeBase    float64 // arch.rope.freq_base; absent: 10000
	RopeScaling string  // arch.rope.scaling.type: "none" or "linear"; absent: "linear", as in llama.cpp
	RopeFactor  float64 // arch.rope.scaling.factor, by which positions are divided; absent, 0 or scaling "none": 1
	NormEps     float32 // arch.attention.layer_norm_rms_epsilon
}

// architectures that are known.
var architectures = []string{"llama"}

// maxCount bounds every hyperparameter, so that they are ints everywhere and
// the product of two is an int64.
const maxCount = 1<<31 - 1

// kvDim returns the width of the keys of one token in one layer.
func (c *Config) kvDim() int { return c.KVHeads * c.HeadDim }

// qDim returns the width of the queries of one token in one layer.
func (c *Config) qDim() int { return c.Heads * c.HeadDim }
