package bench

import (
	"math"
	"slices"
	"time"
)

// median returns the median of xs, NaN if there are none. Of an even number it
// is the mean of the middle two.
func median(xs []float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(xs))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// mean returns the mean of xs, NaN if there are none.
func mean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}

// stddev returns the standard deviation of a sample, 0 of fewer than two.
func stddev(xs []float64) float64 {
	if len(xs) < 2 {
		return 0
	}
	m, sum := mean(xs), 0.0
	for _, x := range xs {
		sum += (x - m) * (x - m)
	}
	return math.Sqrt(sum / float64(len(xs)-1))
}

// ratios returns a[i]/b[i] for as many as both have, without those that are no
// numbers.
func ratios(a, b []float64) []float64 {
	var rs []float64
	for i := range min(len(a), len(b)) {
		if r := a[i] / b[i]; !math.IsNaN(r) && !math.IsInf(r, 0) {
			rs = append(rs, r)
		}
	}
	return rs
}

// nanoseconds returns ds as numbers.
func nanoseconds(ds []time.Duration) []float64 {
	var xs []float64
	for _, d := range ds {
		xs = append(xs, float64(max(d, 1)))
	}
	return xs
}
