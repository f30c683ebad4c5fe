package convert

import (
	"math"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
	"github.com/querent-ai/chord/simd"
)

// ropeOf returns the rope settings of config.json under their newer names:
// rope_type, rope_theta, factor, …
func ropeOf(c *config) *config {
	r := c.object("rope_parameters", "rope_scaling")
	full := r
	if _, _, ok := r.get("full_attention"); ok {
		full = r.object("full_attention")
	}
	for to, names := range map[string][]string{
		"rope_theta":                       {"rope_theta", "global_rope_theta", "rotary_emb_base"},
		"partial_rotary_factor":            {"partial_rotary_factor", "rope_pct"},
		"original_max_position_embeddings": {"original_max_position_embeddings"},
	} {
		if _, v, ok := c.get(names...); ok {
			full.setDefault(to, v)
		}
	}
	if t := full.str("type"); t != "" {
		full.setDefault("rope_type", t)
	}
	return full
}

// localTheta returns the rope base of layers with a window.
func localTheta(c *config) (float64, bool) {
	if x, ok := c.object("rope_parameters").object("sliding_attention").real("rope_theta"); ok {
		return x, true
	}
	return c.real("rope_local_base_freq", "local_rope_theta", "swa_rope_theta")
}

// yarn are the keys of a yarn scaling besides its factor, as in llama.cpp's
// converter. The factors of the second and the third are read for no
// architecture here; see [yarnAttn].
var yarn = []rule{
	{"rope.scaling.original_context_length", count, from("original_max_position_embeddings"), nil},
	{"rope.scaling.yarn_ext_factor", real, from("extrapolation_factor"), nil},
	{"rope.scaling.yarn_attn_factor", real, from("attention_factor", "attn_factor"), nil},
	{"rope.scaling.yarn_beta_fast", real, from("beta_fast"), nil},
	{"rope.scaling.yarn_beta_slow", real, from("beta_slow"), nil},
}

// ropeKeys returns the keys about rotary positions of a model of family f.
func ropeKeys(f *family, c *config) []gguf.KV {
	var out []gguf.KV
	add := func(key string, v any) { out = append(out, gguf.KV{Key: f.arch + ".rope." + key, Value: v}) }
	r := ropeOf(c)
	switch t := strings.ToLower(r.str("rope_type")); {
	case f.longRope && len(r.list("long_factor")) > 0: // whatever it is called
	case t == "linear" || t == "yarn":
		factor, ok := r.real("factor")
		if !ok || factor <= 0 {
			c.fail("rope_scaling", "type %q with a factor of %g, want a number above 0", t, factor)
		}
		add("scaling.type", t)
		add("scaling.factor", float32(factor))
		if t == "yarn" {
			out = append(out, yarnKeys(f, r, factor)...)
		}
	case t == "llama3" && f.llama3, t == "", t == "default", t == "mrope" && f.sections, t == "proportional" && f.finish != nil:
	case t == "dynamic": // no change within the context that the model was trained for
	default:
		c.fail("rope_scaling", "type %.40q is not known in a %s model", t, f.arch)
	}
	if x, ok := r.real("rope_theta"); ok {
		add("freq_base", float32(x))
	}
	if x, ok := localTheta(c); ok {
		add("freq_base_swa", float32(x))
	}
	if c.err == nil {
		c.err = r.err
	}
	return out
}

// vector returns a tensor of float32 numbers that are not in a file.
func vector(name string, x []float32) *tensor {
	b := make([]byte, 0, 4*len(x))
	for _, v := range x {
		bits := math.Float32bits(v)
		b = append(b, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
	}
	src := &safetensors.Tensor{Name: name, DType: safetensors.F32, Shape: []int{len(x)}, Data: b}
	return &tensor{name: name, shape: src.Shape, views: []view{whole(src)}}
}

// llama3Factors returns the divisors of the frequencies of all rotary pairs in
// Llama 3's scaling, nil if the model does not use it.
//
// Wavelengths below context/high_freq_factor, with the original context, stay;
// those above context/low_freq_factor are multiplied by factor; between them both
// are interpolated.
func llama3Factors(c *config) []float32 {
	r := ropeOf(c)
	if strings.ToLower(r.str("rope_type")) != "llama3" {
		return nil
	}
	get := func(key string, absent float64) float64 {
		if x, ok := r.real(key); ok && x > 0 {
			return x
		}
		return absent
	}
	d, _ := number(c.values[nHeadDim])
	base, factor := get("rope_theta", 10000), get("factor", 8)
	low, high := get("low_freq_factor", 1), get("high_freq_factor", 4)
	original := get("original_max_position_embeddings", 8192)
	var out []float32
	for i := 0; i+1 < int(d); i += 2 {
		exponent := float32(float32(i) / float32(d))
		freq := float64(1 / float32(simd.Pow(base, float64(exponent))))
		wave := 2 * math.Pi / freq
		switch {
		case wave < original/high:
			out = append(out, 1)
		case wave > original/low:
			out = append(out, float32(factor))
		default:
			smooth := (original/wave - low) / (high - low)
			out = append(out, float32(1/((1-smooth)/factor+smooth)))
		}
	}
	return out
}

// longRope returns the long and the short factors of a longrope scaling and its
// attention factor; nil if the model has none.
func longRope(c *config) (long, short []float32, attn float64) {
	r := ropeOf(c)
	long, short = r.reals("long_factor"), r.reals("short_factor")
	d, _ := number(c.values[nRopeDim])
	switch {
	case len(long) == 0:
		return nil, nil, 0
	case len(long) != len(short) || len(long) != int(d)/2:
		c.fail("rope_scaling", "%d long and %d short factors, want %d of each", len(long), len(short), int(d)/2)
		return nil, nil, 0
	}
	longest, _ := c.count(nContext)
	original, _ := r.count("original_max_position_embeddings")
	if original < 2 || longest < 1 {
		c.fail("original_max_position_embeddings", "%d, with a context of %d", original, longest)
		return nil, nil, 0
	}
	attn = 1
	if scale := float64(longest) / float64(original); scale > 1 {
		attn = math.Sqrt(1 + simd.Log(scale)/simd.Log(float64(original)))
		if r.str("rope_type") == "yarn" {
			attn = float64(0.1*simd.Log(scale)) + 1
		}
	}
	return long, short, attn
}
