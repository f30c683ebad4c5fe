package quant

import "math"

// fit32 is the search for a block of 32 with a scale of its own, and perhaps
// a minimum.
type fit32 struct {
	x, w [32]float64
	q    [32]byte
}

// load sets x and w to 32 elements and their weights, which are 1 if there are
// none above zero.
func (f *fit32) load(src, weights []float32) {
	for i, v := range src[:32] {
		f.x[i] = float64(v)
	}
	loadWeights(f.w[:], weights)
}

// scale finds the scale of 32 elements in levels of kind l, and sets q to their
// numbers.
func (f *fit32) scale(src, weights []float32, l levels) Half {
	f.load(src, weights)
	d := halfNear(l.best(f.x[:], f.w[:]).scale())
	l.set(f.q[:], f.x[:], float64(d.F32()))
	return d
}

// line finds the scale and the minimum, of either sign, of 32 elements in
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

// nibbles packs the low four bits of q: low nibbles elements 0…15, high 16…31.
func (f *fit32) nibbles(qs *[16]byte) {
	for j := range qs {
		qs[j] = f.q[j]&15 | f.q[j+16]<<4
	}
}

// fifths packs the fifth bits of q, one a bit of the little-endian word.
func (f *fit32) fifths(qh *[4]byte) {
	clear(qh[:])
	for j, q := range f.q {
		qh[j/8] |= q >> 4 << (j % 8)
	}
}
