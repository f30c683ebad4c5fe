package quant

import "math"

// The search for scales. A block stores integer levels l and a scale d. The
// search minimises Σ w·(x-d·l)², where w is the weight of an element. The best
// scale for given levels and its error follow from two sums, so a trial is one
// pass over the elements: the levels for a scale, and the sums for these levels.
//
// The search uses float64: no square of a float32 overflows, and rounding errors
// are smaller than the differences between trials. Every product is rounded
// before it is added, so that no compiler fuses the two.

// scaleSums are Σ w·x·l and Σ w·l² over elements and their levels.
type scaleSums struct{ xl, ll float64 }

// scale returns the d with the least error, 0 if all levels are 0.
func (s scaleSums) scale() float64 {
	if s.ll == 0 {
		return 0
	}
	return s.xl / s.ll
}

// gain returns the error of d = 0, which is Σ w·x², minus the error of scale.
func (s scaleSums) gain() float64 { return s.scale() * s.xl }

// gainAt is gain for scale d.
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

// levels are the possible levels of a type.
type levels struct {
	lo, hi    float64 // every integer from lo to hi
	nonlinear bool    // the values of ValuesIQ4NL instead
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

// trials are offsets from [levels.edge]: in each of the first trials the scale
// maps the largest element to the edge plus one of them.
var trials = [...]float64{0, -0.7, 0.7}

// nonlinearTrials are trials of nonlinear levels, whose edge is 0: values around
// the first and the last ones of ValuesIQ4NL, which are far apart.
var nonlinearTrials = [...]float64{-127, -120, -123.5, -130.5, -134, -137.5, 106, 109.5, 113, 116.5, 120, 127}

// best returns the sums for the best levels of x that it finds.
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

// edge returns the level of the largest magnitude, 0 for nonlinear levels.
func (l levels) edge() float64 {
	switch {
	case l.nonlinear:
		return 0
	case l.lo == 0:
		return l.hi
	}
	return l.lo
}

// refine alternates between the best scale for the levels and the best levels
// for the scale, up to four times or until the error no longer falls.
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

// set sets q to the indices of the levels nearest to x/d.
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

// indexIQ4NL has, at index ⌊2v+256⌋, the index of the element of [ValuesIQ4NL]
// nearest to v: midpoints between elements are multiples of 1/2.
var indexIQ4NL = func() (table [512]byte) {
	q := 0
	for i := range table {
		for q < 15 && i-256 >= int(ValuesIQ4NL[q])+int(ValuesIQ4NL[q+1]) {
			q++
		}
		table[i] = byte(q)
	}
	return table
}()

// floatsIQ4NL is [ValuesIQ4NL] as float64.
var floatsIQ4NL = func() (values [16]float64) {
	for i, v := range ValuesIQ4NL {
		values[i] = float64(v)
	}
	return values
}()

// nearestIQ4NL returns the index of the element of [ValuesIQ4NL] nearest to v, 0
// for a NaN.
func nearestIQ4NL(v float64) byte {
	if !(v > -127) {
		return 0
	} else if v > 113 {
		return 15
	}
	return indexIQ4NL[int(2*v+256)&511]
}

// nonlinearTrial is [levels.trial] of nonlinear levels.
func nonlinearTrial(x, w []float64, id float64) scaleSums {
	var xl, ll float64
	w = w[:len(x)]
	for i, v := range x {
		l := floatsIQ4NL[nearestIQ4NL(float64(v*id))&15]
		wl := w[i] * l
		xl += float64(wl * v)
		ll += float64(wl * l)
	}
	return scaleSums{xl, ll}
}
