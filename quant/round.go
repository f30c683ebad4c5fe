package quant

import "math"

// toInt returns x rounded towards zero. A NaN, and a number that overflows int32,
// becomes the least int32, as on x86-64; in Go this depends on the machine.
func toInt(x float32) int32 {
	if x > -0x1p31 && x < 0x1p31 {
		return int32(x)
	}
	return math.MinInt32
}

// roundAway returns x rounded to the nearest integer, halves away from zero (C's
// roundf). NaN and overflow are as in [toInt].
func roundAway(x float32) int32 {
	i := toInt(x)
	// x minus its integer part is exact, so that 0.49999997 is not rounded up.
	switch frac := x - float32(i); {
	case frac >= 0.5 && i != math.MinInt32:
		i++
	case frac <= -0.5 && i != math.MinInt32:
		i--
	}
	return i
}

// roundEven returns x rounded to the nearest integer, ties to even, if |x| < 2²².
// Other x give what ggml's nearest_int gives.
func roundEven(x float32) int32 {
	b := math.Float32bits(x + 0x1.8p23)
	return int32(b&0x007fffff) - 0x00400000
}

// extreme returns the first element of x with the largest magnitude, and this
// magnitude. NaNs are ignored; if no magnitude is above zero, both are zero.
func extreme(x []float32) (extreme, amax float32) {
	if m := magnitude(x); m <= 0x7f800000 {
		return withMagnitude(x, m), math.Float32frombits(m)
	}
	for _, v := range x {
		if a := abs(v); amax < a {
			amax, extreme = a, v
		}
	}
	return extreme, amax
}

// magnitude returns the bits of the largest magnitude in x, those of a NaN if x
// has one: bits of magnitudes are ordered as magnitudes are. It has no branches,
// which random numbers would make unpredictable.
func magnitude(x []float32) uint32 {
	var a, b uint32
	for ; len(x) >= 2; x = x[2:] {
		a = max(a, math.Float32bits(x[0])&^(1<<31))
		b = max(b, math.Float32bits(x[1])&^(1<<31))
	}
	if len(x) > 0 {
		a = max(a, math.Float32bits(x[0])&^(1<<31))
	}
	return max(a, b)
}

// withMagnitude returns the first element of x that has the magnitude with
// bits m, 0 if m is 0.
func withMagnitude(x []float32, m uint32) float32 {
	for _, v := range x {
		if math.Float32bits(v)&^(1<<31) == m && m != 0 {
			return v
		}
	}
	return 0
}

// fastRange reports whether the magnitude with bits m is from 2⁻¹⁰⁰ to 2¹⁰⁰. In a
// block with such a largest magnitude nothing overflows and nothing is a NaN.
func fastRange(m uint32) bool { return m >= 27<<23 && m <= 227<<23 }

// bounds returns the least and the largest element of x, ignoring NaNs, or, if
// there are no others, the largest float32 and its negative.
func bounds(x []float32) (min, max float32) {
	min, max = math.MaxFloat32, -math.MaxFloat32
	for _, v := range x {
		if v < min {
			min = v
		}
		if v > max {
			max = v
		}
	}
	return min, max
}

// inverse returns 1/d, or 0 for 0.
func inverse(d float32) float32 {
	if d == 0 {
		return 0
	}
	return 1 / d
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }
