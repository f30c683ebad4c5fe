package convert

import "github.com/querent-ai/chord/gguf"

// windowKeys returns the layers with a window, if they differ from the family's.
func windowKeys(f *family, c *config) []gguf.KV {
	key := f.arch + ".attention.sliding_window_pattern"
	if every, ok := c.count("sliding_window_pattern", "_sliding_window_pattern"); ok && f.windowEvery > 0 && every != f.windowEvery && len(c.list("layer_types")) == 0 {
		return []gguf.KV{{Key: key, Value: uint32(every)}}
	}
	types := c.list("layer_types")
	if f.windowEvery == 0 || len(types) == 0 {
		return nil
	}
	pattern, usual := make([]bool, len(types)), true
	for i, t := range types {
		pattern[i] = t == "sliding_attention"
		usual = usual && pattern[i] == ((i+1)%f.windowEvery != 0)
	}
	if usual {
		return nil
	}
	return []gguf.KV{{Key: key, Value: pattern}}
}

// olmoWindows returns the window of olmo 3 and the layers that have it; olmo 2
// has none.
func olmoWindows(arch string, c *config) []gguf.KV {
	window, ok := c.count("sliding_window")
	if !ok {
		return nil
	}
	out := []gguf.KV{{Key: arch + ".attention.sliding_window", Value: uint32(window)}}
	n, _ := c.count(nLayers)
	pattern := make([]bool, n)
	for i := range pattern {
		pattern[i] = (i+1)%4 != 0
	}
	if types := c.list("layer_types"); len(types) > 0 {
		pattern = pattern[:0]
		for _, t := range types {
			pattern = append(pattern, t == "sliding_attention")
		}
	}
	return append(out, gguf.KV{Key: arch + ".attention.sliding_window_pattern", Value: pattern})
}
