package bench

import (
	"math"
	"slices"
	"time"
)

// Median returns the median of xs, NaN of none. Of an even number it is the
// mean of the middle two.
func Median(xs []float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(xs))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// Mean returns the mean of xs, NaN of none.
func Mean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}

// StdDev returns the standard deviation of a sample, 0 of fewer than two values.
func StdDev(xs []float64) float64 {
	if len(xs) < 2 {
		return 0
	}
	m, sum := Mean(xs), 0.0
	for _, x := range xs {
		sum += (x - m) * (x - m)
	}
	return math.Sqrt(sum / float64(len(xs)-1))
}

// Ratios returns a[i]/b[i] up to the shorter length, and leaves out those that
// are not finite.
func Ratios(a, b []float64) []float64 {
	var rs []float64
	for i := range min(len(a), len(b)) {
		if r := a[i] / b[i]; !math.IsNaN(r) && !math.IsInf(r, 0) {
			rs = append(rs, r)
		}
	}
	return rs
}

// Nanoseconds returns ds as numbers, each at least 1: a clock may be coarser
// than what it measures.
func Nanoseconds(ds []time.Duration) []float64 {
	var xs []float64
	for _, d := range ds {
		xs = append(xs, float64(max(d, 1)))
	}
	return xs
}
