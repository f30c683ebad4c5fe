package quant

import "math"

// fit32 searches the scale of a block of 32 and, for some types, its minimum.
type fit32 struct {
	x, w [32]float64
	q    [32]byte // indices of the levels
}

// load sets x and w to 32 elements and their weights, see [loadWeights].
func (f *fit32) load(src, weights []float32) {
	for i, v := range src[:32] {
		f.x[i] = float64(v)
	}
	loadWeights(f.w[:], weights)
}

// scale returns a good scale of 32 elements with levels l, and sets q.
func (f *fit32) scale(src, weights []float32, l levels) Half {
	f.load(src, weights)
	d := halfNear(l.best(f.x[:], f.w[:]).scale())
	l.set(f.q[:], f.x[:], float64(d.F32()))
	return d
}

// line returns a good scale and minimum, of either sign, of 32 elements with
// levels from 0 to top, and sets q.
func (f *fit32) line(src, weights []float32, top float64) (d, m Half) {
	f.load(src, weights)
	a, b, _ := bestLine(f.x[:], f.w[:], top, math.Inf(1))
	d, m = halfNear(a), halfNear(b)
	scale, least := float64(d.F32()), float64(m.F32())
	for i, v := range f.x {
		f.q[i] = 0
		if scale != 0 {
			f.q[i] = byte(level((v-least)/scale, 0, top))
		}
	}
	return d, m
}
