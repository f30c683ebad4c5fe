package quant

import "math"

// The search for scales. A type writes levels l, which are integers, and a
// scale d; what is sought is the least Σ w·(x-d·l)², w being how much an
// element matters. For given levels the best scale and its error follow from
// two sums, so a trial is one walk over the elements: levels from a scale, and
// the sums of these levels.
//
// It is done in float64, in which no square of a float32 overflows and the
// differences between trials are more than noise. Every product is rounded
// before it is added, so that no machine fuses the two.

// scaleSums are Σ w·x·l and Σ w·l² of some elements and their levels.
type scaleSums struct{ xl, ll float64 }

// scale returns the d of the least error, 0 if all levels are 0.
func (s scaleSums) scale() float64 {
	if s.ll == 0 {
		return 0
	}
	return s.xl / s.ll
}

// gain returns by how much that scale lowers the error below Σ w·x².
func (s scaleSums) gain() float64 { return s.scale() * s.xl }

// gainAt is gain for another scale than the best.
func (s scaleSums) gainAt(d float64) float64 {
	return float64(d*2*s.xl) - float64(d*d*s.ll)
}

// round64 added and subtracted rounds a float64 below 2⁵¹ to an integer, ties
// to even.
const round64 = 0x1.8p52

// level returns v rounded to an integer from lo to hi; lo for a NaN.
func level(v, lo, hi float64) float64 {
	l := v + round64 - round64
	if !(l >= lo) {
		return lo
	} else if l > hi {
		return hi
	}
	return l
}

// levels are the values that a type's levels have.
type levels struct {
	lo, hi    float64 // every integer from lo to hi
	nonlinear bool    // those of ValuesIQ4NL, not every integer
}

// trial returns the sums of the levels nearest to x·id.
func (l levels) trial(x, w []float64, id float64) scaleSums {
	if l.nonlinear {
		return nonlinearTrial(x, w, id)
	}
	var xl, ll float64
	w = w[:len(x)]
	for i, v := range x {
		l := level(float64(v*id), l.lo, l.hi)
		wl := w[i] * l
		xl += float64(wl * v)
		ll += float64(wl * l)
	}
	return scaleSums{xl, ll}
}

// trials are by how much the first scales let the largest element fall short
// of the last level, or pass it.
var trials = [...]float64{0, -0.7, 0.7}

// nonlinearTrials are the values themselves that the largest element becomes
// first: around the last ones of ValuesIQ4NL, which lie far apart.
var nonlinearTrials = [...]float64{-127, -120, -123.5, -130.5, -134, -137.5, 106, 109.5, 113, 116.5, 120, 127}

// best returns the sums of the best levels of x that it finds.
func (l levels) best(x, w []float64) scaleSums {
	largest := 0.0
	for _, v := range x {
		if math.Abs(v) > math.Abs(largest) {
			largest = v
		}
	}
	best := scaleSums{}
	if largest == 0 {
		return best
	}
	edge, steps := l.edge(), trials[:]
	if l.nonlinear {
		steps = nonlinearTrials[:]
	}
	for _, step := range steps {
		if s := l.trial(x, w, (edge+step)/largest); s.gain() > best.gain() {
			best = s
		}
	}
	return l.refine(best, x, w)
}

// edge is the level that the largest element comes near to: the one of the
// largest magnitude, or 0 for nonlinear levels.
func (l levels) edge() float64 {
	switch {
	case l.nonlinear:
		return 0
	case l.lo == 0:
		return l.hi
	}
	return l.lo
}

// refine goes from the best scale of the levels to the best levels of that
// scale and on, while it helps.
func (l levels) refine(best scaleSums, x, w []float64) scaleSums {
	for range 4 {
		d := best.scale()
		if d == 0 {
			break
		}
		s := l.trial(x, w, 1/d)
		if !(s.gain() > best.gain()) {
			break
		}
		best = s
	}
	return best
}

// set sets q to the numbers of the levels nearest to x/d, counted from 0.
func (l levels) set(q []byte, x []float64, d float64) {
	for i, v := range x {
		if d != 0 {
			v /= d
		} else {
			v = 0
		}
		if l.nonlinear {
			q[i] = nearestIQ4NL(v)
		} else {
			q[i] = byte(int(level(v, l.lo, l.hi) - l.lo))
		}
	}
}
