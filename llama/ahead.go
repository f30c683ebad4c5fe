package llama

// Rows in place of tokens: pictures, whose rows may see each other.

// TakesRows reports whether tokens of a batch may have rows in place of the vectors of
// their ids, and see tokens after them.
func (m *Model) TakesRows() bool { return !m.onDevice && m.config.takesRows() }

// takesRows reports it for the models of c: what depends on ids beside the first vector,
// or on the order of all tokens, has no place for rows.
func (c *Config) takesRows() bool {
	f := c.family()
	if f.encoder || c.AlibiBias > 0 || f.streams || c.PerLayerDim > 0 {
		return false
	}
	for i := range c.Layer {
		if c.Layer[i].Mixer != MixAttention {
			return false
		}
	}
	return true
}

// pieceEnd returns where the piece of a batch that starts at lo ends: after size tokens
// at most, but not between tokens that see each other.
func pieceEnd(batch []Token, lo, size int) int {
	hi := min(lo+size, len(batch))
	for hi > lo && batch[hi-1].Ahead > 0 {
		hi--
	}
	if hi == lo {
		return lo + batch[lo].Ahead + 1
	}
	return hi
}
