package llama

import (
	"fmt"
	"math"
	"strings"

	"github.com/querent-ai/chord/gguf"
)

// ReadConfig returns the hyperparameters of f after checking each of them and
// how they fit together, and before anything is allocated for them.
//
// Errors name the key. They wrap [ErrUnsupported] if the file asks for
// something that is not done here, else [gguf.ErrFormat].
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
		return Config{}, fmt.Errorf("llama: general.architecture: %q, known are %s: %w",
			arch, strings.Join(Architectures(), ", "), ErrUnsupported)
	}
	r := &reader{f: f, arch: arch, fam: fam}
	c := Config{Arch: arch}
	r.sizes(&c)
	r.heads(&c)
	r.ropes(&c)
	r.windows(&c)
	r.scales(&c)
	r.experts(&c)
	r.hidden(&c)
	r.others(&c)
	if r.err != nil {
		return Config{}, r.err
	}
	return c, nil
}

// sizes reads the counts that stand alone.
func (r *reader) sizes(c *Config) {
	c.Dim = r.need("embedding_length")
	blocks := r.need("block_count")
	if n := len(r.f.Tensors); r.err == nil && blocks > n {
		r.bad("block_count", "%d, but the file has %d tensors", blocks, n)
	}
	next := r.whole("nextn_predict_layers", 0)
	if next >= blocks && next > 0 {
		r.bad("nextn_predict_layers", "%d of %d layers", next, blocks)
	}
	if r.err != nil {
		return
	}
	r.layers = blocks - next // the last guess further tokens, which nothing here asks for
	r.blocks = blocks
	c.Layer = make([]LayerConfig, r.layers)
	c.Context = r.need("context_length")
	key := "attention.layer_norm_rms_epsilon"
	if r.fam.norm == normLayer {
		key = "attention.layer_norm_epsilon"
	}
	c.NormEps = float32(r.float(key, math.NaN()))
	if !(c.NormEps > 0 && c.NormEps < 1) {
		r.bad(key, "%g, want a number between 0 and 1", c.NormEps)
	}
	c.Vocab = r.vocab()
}

// heads reads the shape of attention, layer by layer.
func (r *reader) heads(c *Config) {
	if r.err != nil {
		return
	}
	heads := r.needEach("attention.head_count")
	if r.err != nil {
		return
	}
	kv := r.countEach("attention.head_count_kv", heads)
	key := r.countEach("attention.key_length", r.headDims(c, heads, "attention.key_length"))
	value := r.countEach("attention.value_length", r.headDims(c, heads, "attention.value_length"))
	if r.err != nil {
		return
	}
	least := maxCount
	for i := range c.Layer {
		l := &c.Layer[i]
		l.Heads, l.KVHeads, l.KeyDim, l.ValueDim = heads[i], kv[i], key[i], value[i]
		if l.KVHeads > l.Heads || l.Heads%l.KVHeads != 0 {
			r.bad("attention.head_count_kv", "%d, want a divisor of the %d heads", l.KVHeads, l.Heads)
		}
		if int64(l.Heads)*int64(max(l.KeyDim, l.ValueDim)) > maxCount {
			r.bad("attention.head_count", "%d heads of %d", l.Heads, max(l.KeyDim, l.ValueDim))
		}
		least = min(least, l.KeyDim)
	}
	if r.fam.rope != ropeNone {
		c.RopeDim = r.count("rope.dimension_count", least)
	}
	if c.RopeDim > least || c.RopeDim%2 != 0 {
		r.bad("rope.dimension_count", "%d, want an even number up to the head's %d", c.RopeDim, least)
	}
}

// headDims returns the elements of a key, or of a value, where the file does not
// say: Dim/Heads.
func (r *reader) headDims(c *Config, heads []int, key string) []int {
	dims := make([]int, len(heads))
	_, given := r.f.Get(r.arch + "." + key)
	for i, n := range heads {
		if c.Dim%n != 0 && !given {
			r.bad("attention.head_count", "%d, want a divisor of embedding_length %d as there is no %s", n, c.Dim, key)
		}
		dims[i] = c.Dim / n
	}
	return dims
}

// hidden reads the widths of feed-forward networks.
func (r *reader) hidden(c *Config) {
	if r.err != nil {
		return
	}
	hidden := r.countEach("feed_forward_length", make([]int, r.layers))
	for i := range c.Layer {
		l := &c.Layer[i]
		if l.Experts = c.Experts > 0 && i >= c.DenseLayers; l.Experts {
			continue
		}
		if l.HiddenDim = hidden[i]; l.HiddenDim == 0 {
			r.bad("feed_forward_length", "missing")
			return
		}
	}
}

// others reads pooling and refuses keys that would change the arithmetic.
func (r *reader) others(c *Config) {
	if causal := r.flag("attention.causal", !r.fam.encoder); causal == r.fam.encoder {
		r.unsupported("attention.causal", "%t", causal)
	}
	pooling := r.whole("pooling_type", 0)
	if pooling > int(PoolingLast) {
		r.unsupported("pooling_type", "%d", pooling)
	}
	c.Pooling = Pooling(pooling)
	// Of stablelm those with one norm a layer compute both side by side, whatever
	// the key says, as llama.cpp takes it.
	_, two := r.f.Tensor("blk.0.ffn_norm.weight")
	if r.flag("use_parallel_residual", false) && (two || r.fam.qkNorm != qkNormMaybe) {
		r.unsupported("use_parallel_residual", "true")
	}
}

// vocab returns the number of tokens.
func (r *reader) vocab() int {
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
