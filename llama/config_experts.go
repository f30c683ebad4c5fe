package llama

// maxExperts is twice what llama.cpp allows.
const maxExperts = 1024

// experts reads the shape of mixtures of experts.
func (r *reader) experts(c *Config) {
	n, used := r.whole("expert_count", 0), r.whole("expert_used_count", 0)
	if used > n || n > 0 && used == 0 {
		r.bad("expert_used_count", "%d of %d experts", used, n)
	}
	if n <= 1 && used <= 1 { // one expert is a plain network, as llama.cpp takes it
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
	if kind := r.whole("expert_gating_func", 0); kind > 1 && !(kind == 3 && r.fam.experts == expertsSoftmax) {
		r.unsupported("expert_gating_func", "%d", kind)
	}
	if g := r.whole("expert_group_count", 0); g > 1 {
		r.unsupported("expert_group_count", "%d", g)
	}
	r.expertDims(c)
	c.DenseLayers = r.whole("leading_dense_block_count", 0)
	c.ExpertScale = r.factor("expert_weights_scale", 1)
}

// expertDims reads how wide experts are.
func (r *reader) expertDims(c *Config) {
	hidden := r.count("feed_forward_length", 0)
	c.ExpertDim = hidden
	if r.fam.splitFF {
		c.ExpertDim = max(1, hidden/c.ExpertsUsed)
		c.SharedDim = hidden // of the families that have a shared expert
	}
	c.ExpertDim = r.count("expert_feed_forward_length", c.ExpertDim)
	if c.ExpertDim == 0 {
		r.bad("expert_feed_forward_length", "missing, and so is feed_forward_length")
	}
	if shared := r.whole("expert_shared_count", 0); shared > 0 {
		if int64(shared)*int64(c.ExpertDim) > maxCount {
			r.bad("expert_shared_count", "%d experts of %d", shared, c.ExpertDim)
			return
		}
		c.SharedDim = shared * c.ExpertDim
	}
	c.SharedDim = r.whole("expert_shared_feed_forward_length", c.SharedDim)
}
