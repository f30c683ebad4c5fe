package convert

// derive adds the names with a + to c.
func derive(c *config) {
	n := c.need("n_layers", "num_hidden_layers", "n_layer", "num_layers")
	c.values[nLayers] = n
	dim := c.need("hidden_size", "n_embd", "dim")
	c.values[nFourDim] = 4 * dim
	heads := c.need("num_attention_heads", "n_head", "n_heads")
	c.values[nHeadDim] = dim / heads
	if d, ok := c.count("head_dim"); ok {
		c.values[nHeadDim] = d
	}
	rotary := 1.0
	for _, o := range []*config{c.object("rope_parameters"), c} {
		if x, ok := o.real("partial_rotary_factor", "rotary_pct", "rope_pct"); ok {
			rotary = x
			break
		}
	}
	d, _ := number(c.values[nHeadDim])
	c.values[nRopeDim] = int(rotary * d)
	c.values[nKVHeads] = heads
	if n, ok := c.count("num_key_value_heads", "n_kv_heads"); ok {
		c.values[nKVHeads] = n
	}
	if n, ok := c.count(contextNames...); ok {
		c.values[nContext] = n
	}
	if n, ok := c.count("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"); ok {
		c.values[nExperts] = n
	}
	if n > maxLayers || d > maxHeadDim {
		c.fail("num_hidden_layers", "%d, with heads of %g, at most %d and %d", n, d, maxLayers, maxHeadDim)
	}
	if !(rotary > 0 && rotary <= 1) {
		c.fail("partial_rotary_factor", "%g, want more than 0, at most 1", rotary)
	}
}
