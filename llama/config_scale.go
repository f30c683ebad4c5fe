package llama

import "math"

// scales reads what embeddings, queries, additions and logits are multiplied by.
func (r *reader) scales(c *Config) {
	c.EmbdScale, c.ResidualScale, c.LogitScale = 1, 1, 1
	if r.err != nil {
		return
	}
	if r.fam.scaledEmbd {
		c.EmbdScale = float32(math.Sqrt(float64(c.Dim)))
	}
	for i := range c.Layer {
		l := &c.Layer[i]
		dim := l.KeyDim
		if n := r.fam.wideLayers; n > 0 && len(c.Layer) == n {
			dim = c.Dim / l.Heads
		}
		l.AttnScale = float32(1 / math.Sqrt(float64(dim)))
		if r.fam.scales {
			l.AttnScale = r.factor("attention.scale", l.AttnScale)
		}
	}
	if r.fam.scales {
		c.EmbdScale = r.factor("embedding_scale", 1)
		c.ResidualScale = r.factor("residual_scale", 1)
		c.LogitScale = 1 / r.factor("logit_scale", 1)
	}
	if r.fam.logitScale {
		c.LogitScale = r.factor("logit_scale", 1)
	}
	c.AttnTemp = r.float("attention.temperature_scale", 0)
	c.AttnSoftcap = r.softcap("attn_logit_softcapping")
	c.FinalSoftcap = r.softcap("final_logit_softcapping")
}

// factor returns the number under key, or absent if there is none or it is 0,
// as llama.cpp takes it.
func (r *reader) factor(key string, absent float32) float32 {
	x := float32(r.float(key, 0))
	if x == 0 {
		return absent
	}
	return x
}

// softcap returns the number under key, 0 or more.
func (r *reader) softcap(key string) float32 {
	x := float32(r.float(key, 0))
	if x < 0 {
		r.bad(key, "%g, want a number above 0", x)
	}
	return x
}

// windows reads which layers see how far, and how their heads rotate.
func (r *reader) windows(c *Config) {
	if r.err != nil {
		return
	}
	window := 0
	if r.fam.windowEvery > 0 {
		window = r.whole("attention.sliding_window", r.fam.window)
	}
	for i := range c.Layer {
		if n := r.fam.noRopeEvery; n > 0 && (i+1)%n == 0 {
			c.Layer[i].Rope = RopeNone
		}
	}
	if window == 0 {
		return
	}
	c.WindowRopeBase = r.fam.windowRopeBase
	if c.WindowRopeBase == 0 {
		c.WindowRopeBase = c.RopeBase
	}
	c.WindowRopeBase = r.float("rope.freq_base_swa", c.WindowRopeBase)
	if !(c.WindowRopeBase > 0) {
		r.bad("rope.freq_base_swa", "%g, want a number above 0", c.WindowRopeBase)
	}
	for i, windowed := range r.windowed("attention.sliding_window_pattern") {
		switch l := &c.Layer[i]; {
		case windowed:
			l.Window, l.Rope = window, RopeWindow
		case r.fam.ropeInWindow:
			l.Rope = RopeNone
		}
	}
}

// windowed returns which layers have a window: all but the last of every so
// many under key, or as a list there says.
func (r *reader) windowed(key string) []bool {
	if list, ok, err := r.f.Bools(r.arch + "." + key); err == nil && ok {
		if len(list) != r.layers && len(list) != r.blocks {
			r.bad(key, "list of %d, want one for each of %d layers", len(list), r.layers)
			return nil
		}
		return list[:r.layers]
	}
	every := r.whole(key, r.fam.windowEvery)
	windowed := make([]bool, r.layers)
	for l := range windowed {
		windowed[l] = every == 0 || l%every < every-1
	}
	return windowed
}
