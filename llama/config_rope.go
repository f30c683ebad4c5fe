package llama

// ropes reads how positions become angles.
func (r *reader) ropes(c *Config) {
	c.RopeBase = r.float("rope.freq_base", 10000)
	if !(c.RopeBase > 0) {
		r.bad("rope.freq_base", "%g, want a number above 0", c.RopeBase)
	}
	c.RopeScaling = r.str("rope.scaling.type", "linear")
	c.RopeFactor = r.float("rope.scaling.factor", r.float("rope.scale_linear", 1)) // the second is the key's old name
	c.RopeContext = r.count("rope.scaling.original_context_length", c.Context)
	c.RopeAttnFactor = r.positive("rope.scaling.attn_factor", 1)
	c.YarnBetaFast = r.positive("rope.scaling.yarn_beta_fast", 32)
	c.YarnBetaSlow = r.positive("rope.scaling.yarn_beta_slow", 1)
	c.YarnLogMul = r.float("rope.scaling.yarn_log_multiplier", 0)
	switch c.RopeScaling {
	case "none", "linear", "yarn", "longrope":
	default:
		r.unsupported("rope.scaling.type", "%q, known are none, linear, yarn, longrope", c.RopeScaling)
	}
	if c.RopeFactor < 0 {
		r.bad("rope.scaling.factor", "%g, want a number above 0", c.RopeFactor)
	}
	if c.RopeScaling == "none" || c.RopeFactor == 0 { // as llama.cpp takes it
		c.RopeFactor = 1
	}
	// yarn_ext_factor and yarn_attn_factor say nothing here. Converters copy
	// them from config.json of any architecture; llama.cpp reads them for grok
	// and laguna alone, and transformers knows no such factors, so the model is
	// the one without them. The factor on attention that transformers does know
	// is in attn_factor, relative to YaRN's own.
}

// positive returns the number under key, above 0, or absent if there is none.
func (r *reader) positive(key string, absent float64) float64 {
	x := r.float(key, absent)
	if !(x > 0) {
		r.bad(key, "%g, want a number above 0", x)
	}
	return x
}
