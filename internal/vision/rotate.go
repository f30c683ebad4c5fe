package vision

import "github.com/querent-ai/chord/simd"

// angles sets the cosines and sines of the picture's patches. The first half of a head
// rotates by the line of a patch, the second by its column; of the frequencies
// base^(-2i/head), those with an even i are the first half's.
func (e *Encoder) angles() {
	c := e.Config
	half := c.Dim / c.Heads / 2
	n := e.columns * e.lines
	e.cos, e.sin = make([]float32, n*half), make([]float32, n*half)
	for i := range half {
		k := 2 * i
		if i >= half/2 {
			k = 2*(i-half/2) + 1
		}
		freq := simd.Pow(c.kind.rope, -float64(k)/float64(half))
		for p := range n {
			pos := p / e.columns
			if i >= half/2 {
				pos = p % e.columns
			}
			sin, cos := simd.SinCos(float64(pos) * freq)
			e.cos[p*half+i], e.sin[p*half+i] = float32(cos), float32(sin)
		}
	}
}

// rotate rotates the heads of a patch.
func (e *Encoder) rotate(x []float32, patch int) {
	head := e.Config.Dim / e.Config.Heads
	for h := range e.Config.Heads {
		simd.RoPE(row(x, h, head), row(e.cos, patch, head/2), row(e.sin, patch, head/2))
	}
}
