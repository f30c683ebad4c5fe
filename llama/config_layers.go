package llama

import (
	"math"
	"slices"

	"github.com/querent-ai/chord/simd"
)

// heads reads the shape of attention, layer by layer.
func (r *keyReader) heads(c *Config) {
	attends := false
	for i := range c.Layer {
		attends = attends || c.Layer[i].attends()
	}
	if r.err != nil || !attends {
		return
	}
	heads := r.mustLayerCounts("attention.head_count")
	if r.err != nil {
		return
	}
	kv := r.layerCounts("attention.head_count_kv", heads)
	key := r.layerCounts("attention.key_length", r.headDims(c, heads, "attention.key_length"))
	value := r.layerCounts("attention.value_length", r.headDims(c, heads, "attention.value_length"))
	if r.err != nil {
		return
	}
	least := maxCount
	for i := range c.Layer {
		l := &c.Layer[i]
		if !l.attends() {
			continue
		}
		l.Heads, l.KVHeads, l.KeyDim, l.ValueDim = heads[i], kv[i], key[i], value[i]
		if l.KVHeads > l.Heads || l.Heads%l.KVHeads != 0 {
			r.bad("attention.head_count_kv", "%d, want a divisor of the %d heads", l.KVHeads, l.Heads)
		}
		if 2*int64(l.Heads)*int64(max(l.KeyDim, l.ValueDim)) > maxCount { // twice: for the gates of queries
			r.bad("attention.head_count", "%d heads of %d", l.Heads, max(l.KeyDim, l.ValueDim))
		}
		if r.fam.queryGate && l.KeyDim != l.ValueDim {
			r.unsupported("attention.value_length", "%d, with keys of %d and gates", l.ValueDim, l.KeyDim)
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

// headDims returns the default of the elements of a key or of a value, for each
// layer: Dim/Heads.
func (r *keyReader) headDims(c *Config, heads []int, key string) []int {
	dims := make([]int, len(heads))
	_, given := r.f.Get(r.arch + "." + key)
	for i, n := range heads {
		if n == 0 { // a layer without attention
			continue
		}
		if c.Dim%n != 0 && !given {
			r.bad("attention.head_count", "%d, want a divisor of embedding_length %d, since there is no %s", n, c.Dim, key)
		}
		dims[i] = c.Dim / n
	}
	return dims
}

// hiddenDims reads the widths of the feed-forward networks.
func (r *keyReader) hiddenDims(c *Config) {
	if r.err != nil {
		return
	}
	hidden := r.widths("feed_forward_length")
	for i := range hidden {
		if r.fam.halfHidden {
			hidden[i] /= 2
		}
	}
	for i := range c.Layer {
		l := &c.Layer[i]
		if r.fam.ropeDense && i < c.DenseLayers && l.Rope == RopeNone {
			l.Rope = RopeAll
		}
		if l.Experts = r.moeLayer(c, i) && (!r.fam.oneBlock || l.Mixer == MixNone); l.Experts && !r.fam.denseExperts {
			continue
		}
		if l.HiddenDim = hidden[i]; l.HiddenDim == 0 && (!r.fam.oneBlock || l.Mixer == MixNone) {
			r.bad("feed_forward_length", "missing")
			return
		}
	}
}

// maxExperts is twice what llama.cpp allows.
const maxExperts = 1024

// experts reads the shape of mixtures of experts.
func (r *keyReader) experts(c *Config) {
	n, used := r.countOrZero("expert_count", 0), r.countOrZero("expert_used_count", 0)
	if used > n || n > 0 && used == 0 {
		r.bad("expert_used_count", "%d of %d experts", used, n)
	}
	if n <= 1 && used <= 1 { // one expert is a plain feed-forward network, as in llama.cpp
		n, used = 0, 0
	}
	c.Experts, c.ExpertsUsed = n, used
	if n == 0 || r.err != nil {
		c.ExpertScale = 1
		return
	}
	if n > maxExperts {
		r.unsupported("expert_count", "%d, at most %d", n, maxExperts)
	}
	r.router(c)
	r.expertDims(c)
	c.DenseLayers = r.countOrZero("leading_dense_block_count", 0)
	c.ExpertScale = r.factor("expert_weights_scale", 1)
}

// expertDims reads the widths of the experts.
func (r *keyReader) expertDims(c *Config) {
	hidden := 0
	if r.fam.oneBlock { // other layers have no network
		hidden = slices.Max(r.widths("feed_forward_length"))
	} else {
		hidden = r.count("feed_forward_length", 0)
	}
	c.ExpertDim = hidden
	if r.fam.splitFFN {
		c.ExpertDim = max(1, hidden/c.ExpertsUsed)
		c.SharedDim = hidden // used only if the file has a shared expert
	}
	c.ExpertDim = r.count("expert_feed_forward_length", c.ExpertDim)
	if c.ExpertDim == 0 {
		r.bad("expert_feed_forward_length", "missing, and so is feed_forward_length")
	}
	switch {
	case r.fam.sharedHidden:
		c.SharedDim = hidden
	case r.fam.oneShared:
		c.SharedDim = c.ExpertDim
	}
	const width = "expert_shared_feed_forward_length"
	one := c.ExpertDim
	if r.fam.sharedTimes {
		one = r.count(width, one)
	}
	if shared := r.countOrZero("expert_shared_count", 0); shared > 0 {
		if int64(shared)*int64(one) > maxCount {
			r.bad("expert_shared_count", "%d experts of %d", shared, one)
			return
		}
		c.SharedDim = shared * one
	}
	if !r.fam.sharedTimes {
		c.SharedDim = r.countOrZero(width, c.SharedDim)
	}
}

// ropes reads the parameters of RoPE.
func (r *keyReader) ropes(c *Config) {
	c.RopeBase = r.float("rope.freq_base", 10000)
	if !(c.RopeBase > 0) {
		r.bad("rope.freq_base", "%g, want a number above 0", c.RopeBase)
	}
	if alpha := r.float("rope.scaling.alpha", 0); r.fam.ropeAlpha && alpha > 0 && c.RopeDim > 2 {
		c.RopeBase *= simd.Pow(alpha, float64(c.RopeDim)/float64(c.RopeDim-2))
	}
	c.RopeScaling = r.str("rope.scaling.type", "linear")
	c.RopeFactor = r.float("rope.scaling.factor", r.float("rope.scale_linear", 1)) // the old name of the key
	c.RopeContext = r.count("rope.scaling.original_context_length", c.Context)
	c.RopeAttnFactor = r.positive("rope.scaling.attn_factor", 1)
	c.YarnBetaFast = r.positive("rope.scaling.yarn_beta_fast", 32)
	c.YarnBetaSlow = r.positive("rope.scaling.yarn_beta_slow", 1)
	c.YarnLogMul = r.float("rope.scaling.yarn_log_multiplier", 0)
	if r.fam.mla { // written a tenth as large
		c.YarnLogMul /= 0.1
	}
	switch c.RopeScaling {
	case "none", "linear", "yarn", "longrope":
	default:
		r.unsupported("rope.scaling.type", "%q, known are none, linear, yarn, longrope", c.RopeScaling)
	}
	if c.RopeFactor < 0 {
		r.bad("rope.scaling.factor", "%g, want a number above 0", c.RopeFactor)
	}
	if c.RopeScaling == "none" || c.RopeFactor == 0 { // as in llama.cpp
		c.RopeFactor = 1
	}
	// yarn_ext_factor and yarn_attn_factor are ignored. Converters copy them
	// from any config.json, llama.cpp reads them for grok and laguna only, and
	// transformers has no such factors. The attention factor of transformers is
	// attn_factor, relative to YaRN's own.
}

// windows reads the window and the RoPE of each layer.
func (r *keyReader) windows(c *Config) {
	if r.err != nil {
		return
	}
	window := 0
	if n := r.fam.windowLayers; r.fam.globalEvery > 0 && (n == 0 || n == r.layers) {
		window = r.countOrZero("attention.sliding_window", r.fam.defaultWindow)
	}
	finetuned := r.flag("rope.scaling.finetuned", true) || r.fam.mixer != MixMamba2
	for i := range c.Layer {
		if !finetuned {
			c.Layer[i].Rope = RopeNone
		}
		if n := r.fam.noRopeEvery; n > 0 && (i+1)%n == 0 {
			c.Layer[i].Rope = RopeNone
		}
	}
	if window == 0 && (r.fam.chunked || r.fam.halfRope) {
		r.unsupported("attention.sliding_window", "0")
	}
	if window == 0 {
		return
	}
	if r.fam.fixedWindow > 0 {
		window = r.fam.fixedWindow
	}
	c.WindowRopeBase = r.fam.defaultWindowRopeBase
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
		case r.fam.noRopeGlobal:
			l.Rope = RopeNone
		}
	}
	r.windowHeads(c)
}

// windowHeads reads the sizes of heads in layers with a window, where they differ.
func (r *keyReader) windowHeads(c *Config) {
	key, value := r.count("attention.key_length_swa", 0), r.count("attention.value_length_swa", 0)
	c.WindowRopeDim = r.count("rope.dimension_count_swa", c.RopeDim)
	if r.fam.halfRope {
		if c.RopeDim /= 2; c.RopeDim%2 != 0 {
			r.bad("rope.dimension_count", "%d, want a multiple of 4", 2*c.RopeDim)
		}
	}
	for i := range c.Layer {
		l := &c.Layer[i]
		if l.Window == 0 {
			continue
		}
		if key > 0 {
			l.KeyDim = key
		}
		if value > 0 {
			l.ValueDim = value
		}
		if int64(l.Heads)*int64(max(l.KeyDim, l.ValueDim)) > maxCount {
			r.bad("attention.key_length_swa", "%d heads of %d", l.Heads, max(l.KeyDim, l.ValueDim))
		}
		if c.WindowRopeDim > l.KeyDim || c.WindowRopeDim%2 != 0 {
			r.bad("rope.dimension_count_swa", "%d, want an even number up to the head's %d", c.WindowRopeDim, l.KeyDim)
			return
		}
	}
}

// windowed reports for each layer whether it has a window: as the list under
// key says, or, if key has a number N, all but every Nth layer.
func (r *keyReader) windowed(key string) []bool {
	if list, ok, err := r.f.Bools(r.arch + "." + key); err == nil && ok {
		if len(list) != r.layers && len(list) != r.blocks {
			r.bad(key, "list of %d, want one for each of %d layers", len(list), r.layers)
			return nil
		}
		return list[:r.layers]
	}
	every := r.countOrZero(key, r.fam.globalEvery)
	windowed := make([]bool, r.layers)
	for l := range windowed {
		switch {
		case every == 0:
			windowed[l] = true
		case r.fam.globalFirst:
			windowed[l] = l%every > 0
		default:
			windowed[l] = l%every < every-1
		}
	}
	return windowed
}

// scales reads the factors of embeddings, queries, residual additions and
// logits, and the caps of scores and logits.
func (r *keyReader) scales(c *Config) {
	c.EmbdScale, c.ResidualScale, c.LogitScale = 1, 1, 1
	if r.err != nil {
		return
	}
	if r.fam.scaledEmbd {
		c.EmbdScale = float32(math.Sqrt(float64(c.Dim)))
	}
	for i := range c.Layer {
		l := &c.Layer[i]
		if !l.attends() {
			continue
		}
		dim := l.KeyDim
		if n := r.fam.dimScaleLayers; n > 0 && len(c.Layer) == n {
			dim = c.Dim / l.Heads
		}
		l.AttnScale = float32(1 / math.Sqrt(float64(dim)))
		if r.fam.mla {
			l.AttnScale = c.mlaScale()
		}
		switch {
		case r.fam.unscaledAttn:
			l.AttnScale = 1
		case r.fam.dimScaled:
			l.AttnScale = 1 / float32(l.KeyDim)
		}
		if r.fam.scales {
			l.AttnScale = r.factor("attention.scale", l.AttnScale)
		}
	}
	embd, residual, logit := float32(1), float32(1), float32(1)
	if r.fam.scaleDefaults || r.fam.fixedScales {
		embd, residual, logit = 12, float32(1.4/math.Sqrt(float64(len(c.Layer)))), 256/float32(c.Dim)
	}
	if r.fam.scales {
		c.EmbdScale = r.factor("embedding_scale", embd)
		c.ResidualScale = r.factor("residual_scale", residual)
		c.LogitScale = 1 / r.factor("logit_scale", logit)
	}
	if r.fam.fixedScales {
		c.EmbdScale, c.ResidualScale, c.LogitScale = embd, residual, logit
	}
	if r.fam.logitScale {
		c.LogitScale = r.factor("logit_scale", 1)
	}
	c.AttnValueScale = r.factor("attention.value_scale", 1)
	c.ClampKQV = r.softcap("attention.clamp_kqv")
	c.AttnTemp, c.AttnTempLength = r.float("attention.temperature_scale", 0), c.RopeContext
	if r.fam.mla {
		c.AttnTempLength = r.count("attention.temperature_length", c.RopeContext)
	}
	if r.fam.chunked && c.WindowRopeBase > 0 {
		c.AttnTemp, c.AttnTempLength, c.AttnTempOffset = 0.1, r.fam.fixedWindow, 1
	}
	c.AttnSoftcap = r.softcap("attn_logit_softcapping")
	c.FinalSoftcap = r.softcap("final_logit_softcapping")
	if r.fam.streams && c.FinalSoftcap == 0 {
		c.FinalSoftcap = 30
	}
}
