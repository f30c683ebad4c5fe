package vision

import "math"

// fitted returns the size to which a picture of the given size is scaled: that of the
// tower, or, in multiples of the pixels of a row, about its own, with a number of rows
// between the least and the most. It computes in float32, as llama.cpp does.
func (c *Config) fitted(width, height int) (w, h int) {
	if c.kind.minRows == 0 {
		return c.Size, c.Size
	}
	part := c.Patch * c.Merge
	by := func(x float64) int { return int(x) * part }
	parts := func(x float32) float64 { return float64(x / float32(part)) }
	w = max(part, by(math.Round(parts(float32(width)))))
	h = max(part, by(math.Round(parts(float32(height)))))
	least, most := c.kind.minRows*part*part, c.kind.maxRows*part*part
	area := float32(height) * float32(width)
	switch {
	case h*w > most:
		beta := float32(math.Sqrt(float64(area / float32(most))))
		h = max(part, by(math.Floor(parts(float32(height)/beta))))
		w = max(part, by(math.Floor(parts(float32(width)/beta))))
	case h*w < least:
		beta := float32(math.Sqrt(float64(float32(least) / area)))
		h = by(math.Ceil(parts(float32(height) * beta)))
		w = by(math.Ceil(parts(float32(width) * beta)))
	}
	return w, h
}
