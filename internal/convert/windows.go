package convert

import (
	"strings"

	"github.com/querent-ai/chord/gguf"
)

// windowKeys returns the layers with a window, if they differ from the family's.
func windowKeys(f *family, c *config) []gguf.KV {
	key := f.arch + ".attention.sliding_window_pattern"
	if letters := c.str("sliding_window_pattern"); letters != "" && len(c.list("layer_types")) == 0 {
		return letterWindows(f, c, key, letters)
	}
	if every, ok := c.count("sliding_window_pattern", "_sliding_window_pattern"); ok && f.windowEvery > 0 && every != f.windowEvery && len(c.list("layer_types")) == 0 {
		return []gguf.KV{{Key: key, Value: uint32(every)}}
	}
	types := c.list("layer_types")
	if len(types) == 0 {
		return nil
	}
	pattern := make([]bool, len(types))
	for i, t := range types {
		pattern[i] = t == "sliding_attention"
	}
	return f.unusual(key, pattern)
}

// unusual returns the layers with a window, unless they are the family's.
func (f *family) unusual(key string, windowed []bool) []gguf.KV {
	usual := f.windowEvery > 0
	for i, w := range windowed {
		usual = usual && w == ((i+1)%f.windowEvery != 0)
	}
	if usual || f.windowEvery == 0 {
		return nil
	}
	return []gguf.KV{{Key: key, Value: windowed}}
}

// letterWindows returns the layers with a window, which letters such as LLLG, for
// local and global attention, say in turn.
func letterWindows(f *family, c *config, key, letters string) []gguf.KV {
	if strings.Trim(letters, "LG") != "" {
		c.fail("sliding_window_pattern", "%.40q, want a number or letters L and G", letters)
		return nil
	}
	n, _ := c.count(nLayers)
	windowed := make([]bool, n)
	for i := range windowed {
		windowed[i] = letters[i%len(letters)] == 'L'
	}
	return f.unusual(key, windowed)
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
