package convert

import (
	"math"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/simd"
)

// yarnKeys returns the keys of the yarn scaling r by factor.
func yarnKeys(f *family, r *config, factor float64) []gguf.KV {
	var out []gguf.KV
	for _, key := range []string{"beta_fast", "beta_slow"} {
		if x, ok := r.real(key); ok && x == 0 { // to transformers, 0 is as good as missing
			delete(r.values, key)
		}
	}
	for i := range yarn {
		if kv, ok := yarn[i].apply(f.arch, r); ok {
			out = append(out, kv)
		}
	}
	all, own := 0.0, yarnScale(factor, 1) // the factor that readers use
	latent := f.arch == "deepseek2" || f.arch == "mistral4"
	if f.logMultiplier || latent {
		all, _ = r.real("mscale_all_dim")
	}
	if own /= yarnScale(factor, all); latent && all != 0 {
		own = 1
	}
	if attn := yarnAttn(r, factor) / own; math.Abs(attn-1) > 1e-6 {
		out = append(out, gguf.KV{Key: f.arch + ".rope.scaling.attn_factor", Value: float32(attn)})
	}
	return out
}

// yarnAttn returns the factor of cosines and sines in a yarn scaling by factor, as
// transformers computes it. GGUF's attn_factor is relative to the factor that
// readers use without it.
func yarnAttn(r *config, factor float64) float64 {
	if attn, ok := r.real("attention_factor"); ok {
		if attn <= 0 {
			r.fail("attention_factor", "%g, want a number above 0", attn)
		}
		return attn
	}
	m, _ := r.real("mscale")
	all, _ := r.real("mscale_all_dim")
	if m == 0 || all == 0 {
		return yarnScale(factor, 1)
	}
	return yarnScale(factor, m) / yarnScale(factor, all)
}

// yarnScale is YaRN's 0.1·m·ln(factor) + 1.
func yarnScale(factor, m float64) float64 {
	if factor <= 1 {
		return 1
	}
	return float64(0.1*float64(m*simd.Log(factor))) + 1
}
