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
	r.others(&c)
	if r.err != nil {
		return Config{}, r.err
	}
	return c, nil
}

// sizes reads the counts that stand alone.
func (r *reader) sizes(c *Config) {
	c.Dim = r.need("embedding_length")
	c.Layers = r.need("block_count")
	if n := len(r.f.Tensors); r.err == nil && c.Layers > n {
		r.bad("block_count", "%d, but the file has %d tensors", c.Layers, n)
	}
	if next := r.whole("nextn_predict_layers", 0); next >= c.Layers && next > 0 {
		r.bad("nextn_predict_layers", "%d of %d layers", next, c.Layers)
	} else {
		c.Layers -= next // they guess further tokens, which nothing here asks for
	}
	r.layers = c.Layers
	c.HiddenDim = r.need("feed_forward_length")
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

// heads reads the shape of attention.
func (r *reader) heads(c *Config) {
	c.Heads = r.need("attention.head_count")
	c.KVHeads = r.count("attention.head_count_kv", c.Heads)
	if r.err != nil {
		return
	}
	if c.KVHeads > c.Heads || c.Heads%c.KVHeads != 0 {
		r.bad("attention.head_count_kv", "%d, want a divisor of the %d heads", c.KVHeads, c.Heads)
		return
	}
	c.HeadDim = r.count("attention.key_length", 0)
	if c.HeadDim == 0 {
		if c.HeadDim = c.Dim / c.Heads; c.Dim%c.Heads != 0 {
			r.bad("attention.head_count", "%d, want a divisor of embedding_length %d as there is no key_length", c.Heads, c.Dim)
			return
		}
	}
	if v := r.count("attention.value_length", c.Dim/c.Heads); v != c.HeadDim {
		r.unsupported("attention.value_length", "%d, with key_length %d", v, c.HeadDim)
	}
	if r.fam.rope != ropeNone {
		c.RopeDim = r.count("rope.dimension_count", c.HeadDim)
	}
	if c.RopeDim > c.HeadDim || c.RopeDim%2 != 0 {
		r.bad("rope.dimension_count", "%d, want an even number up to the head's %d", c.RopeDim, c.HeadDim)
	}
	if int64(c.Heads)*int64(c.HeadDim) > maxCount {
		r.bad("attention.head_count", "%d heads of %d", c.Heads, c.HeadDim)
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
	if r.flag("use_parallel_residual", false) {
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
