package llama

// sharedKV reads which layers have no keys and values of their own. They use
// those of the last layer of their kind, with a window or without, that has some.
func (r *keyReader) sharedKV(c *Config) {
	if !r.fam.sharedKV || r.err != nil {
		return
	}
	const key = "attention.shared_kv_layers"
	n := 0
	if r.fam.streams {
		n = max(0, len(c.Layer)-20)
	}
	n = r.countOrZero(key, n)
	own := len(c.Layer) - n
	if n > 0 && own < 2 {
		r.bad(key, "%d of %d layers, want two or more without", n, len(c.Layer))
		return
	}
	for i := max(own, 0); i < len(c.Layer); i++ {
		l, from := &c.Layer[i], own-1
		if l.Window > 0 {
			from = own - 2
		}
		k := &c.Layer[from]
		if k.Window != l.Window || k.KVHeads != l.KVHeads || k.KeyDim != l.KeyDim || k.ValueDim != l.ValueDim {
			r.bad(key, "%d, but the keys and values of layer %d do not fit layer %d", n, from, i)
			return
		}
		l.KVBack = i - from
	}
}

// lastKV returns the last layer with keys and values of its own: later layers
// compute only the tokens with an output.
func (c *Config) lastKV() int {
	last := 0
	for i := range c.Layer {
		if c.Layer[i].KVBack == 0 {
			last = i
		}
	}
	return last
}

// skip marks tensors as read that a file may have and no layer needs. Adapters may
// have them too.
func (l *loader) skip(names ...string) {
	for _, name := range names {
		l.read[name] = true
		l.skipped = append(l.skipped, name)
	}
}
