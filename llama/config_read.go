package llama

import (
	"fmt"
	"math"
	"slices"
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
	switch {
	case err != nil:
		return Config{}, fmt.Errorf("llama: %w", err)
	case !ok:
		return Config{}, fmt.Errorf("llama: %w", formatError("general.architecture: missing"))
	case !slices.Contains(architectures, arch):
		return Config{}, fmt.Errorf("llama: general.architecture: %q, known are %s: %w",
			arch, strings.Join(architectures, ", "), ErrUnsupported)
	}
	r := &reader{f: f, arch: arch}
	c := Config{Arch: arch}
	r.sizes(&c)
	r.heads(&c)
	r.ropes(&c)
	r.experts()
	r.others()
	if r.err != nil {
		return Config{}, r.err
	}
	return c, nil
}

// sizes reads the counts that stand alone.
func (r *reader) sizes(c *Config) {
	c.Dim = r.need("embedding_length")
	c.Layers = r.need("block_count")
	r.layers = c.Layers
	if n := len(r.f.Tensors); r.err == nil && c.Layers > n {
		r.bad("block_count", "%d, but the file has %d tensors", c.Layers, n)
	}
	c.HiddenDim = r.need("feed_forward_length")
	c.Context = r.need("context_length")
	c.NormEps = float32(r.float("attention.layer_norm_rms_epsilon", math.NaN()))
	if !(c.NormEps > 0 && c.NormEps < 1) {
		r.bad("attention.layer_norm_rms_epsilon", "%g, want a number between 0 and 1", c.NormEps)
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
	c.RopeDim = r.count("rope.dimension_count", c.HeadDim)
	if c.RopeDim > c.HeadDim || c.RopeDim%2 != 0 {
		r.bad("rope.dimension_count", "%d, want an even number up to the head's %d", c.RopeDim, c.HeadDim)
	}
	if int64(c.Heads)*int64(c.HeadDim) > maxCount {
		r.bad("attention.head_count", "%d heads of %d", c.Heads, c.HeadDim)
	}
}

// ropes reads how positions become angles.
func (r *reader) ropes(c *Config) {
	c.RopeBase = r.float("rope.freq_base", 10000)
	if !(c.RopeBase > 0) {
		r.bad("rope.freq_base", "%g, want a number above 0", c.RopeBase)
	}
	c.RopeScaling = r.str("rope.scaling.type", "linear")
	c.RopeFactor = r.float("rope.scaling.factor", r.float("rope.scale_linear", 1)) // the second is the key's old name
	switch {
	case c.RopeScaling != "none" && c.RopeScaling != "linear":
		r.unsupported("rope.scaling.type", "%q, known are none, linear", c.RopeScaling)
	case c.RopeFactor < 0:
		r.bad("rope.scaling.factor", "%g, want a number above 0", c.RopeFactor)
	case c.RopeScaling == "none" || c.RopeFactor == 0: // as llama.cpp takes it
		c.RopeFactor = 1
	}
	if s := r.float("rope.scaling.attn_factor", 1); s != 1 {
		r.unsupported("rope.scaling.attn_factor", "%g", s)
	}
}

// experts refuses mixtures of experts.
func (r *reader) experts() {
	n, used := r.whole("expert_count", 0), r.whole("expert_used_count", 0)
	if used > n || n > 0 && used == 0 {
		r.bad("expert_used_count", "%d of %d experts", used, n)
	}
	if n > 0 {
		r.unsupported("expert_count", "%d", n)
	}
}

// others refuses keys that would change the arithmetic.
func (r *reader) others() {
	if !r.flag("attention.causal", true) {
		r.unsupported("attention.causal", "false")
	}
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
