package main

import (
	"math"
	"testing"
)

func TestCompare(t *testing.T) {
	flat := []float64{100, 101, 99, 100, 102, 98, 100, 101}
	scaled := func(by float64) []float64 {
		out := make([]float64, len(flat))
		for i, v := range flat {
			out[i] = by * v
		}
		return out
	}
	// On a shared machine one run in eight may be slow.
	outlier := append([]float64{900}, flat[1:]...)
	noisy := []float64{60, 180, 90, 140, 75, 160, 110, 95}
	for _, c := range []struct {
		name     string
		old, new []float64
		delta    float64
		verdict  string
	}{
		{"the same", flat, flat, 0, same},
		{"one outlier", flat, outlier, 0.005, same},
		{"half as slow again", flat, scaled(1.5), 0.5, tooFar},
		{"slower within the threshold", flat, scaled(1.08), 0.08, slower},
		{"just within the threshold", flat, scaled(1.0999), 0.0999, slower},
		{"just beyond the threshold", flat, scaled(1.1001), 0.1001, tooFar},
		{"faster", flat, scaled(0.5), -0.5, faster},
		{"slower within the noise", noisy, scaled(1.2), math.NaN(), same},
		{"all equal", []float64{5, 5, 5, 5, 5}, []float64{5, 5, 5, 5, 5}, 0, same},
		{"new", nil, flat, math.NaN(), fresh},
		{"gone", flat, nil, math.NaN(), gone},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := compare("x", c.old, c.new, 0.01, 0.1)
			if got.verdict != c.verdict {
				t.Errorf("got %s (p=%g, delta=%g), want %s", got.verdict, got.p, got.delta(), c.verdict)
			}
			if !math.IsNaN(c.delta) && math.Abs(got.delta()-c.delta) > 1e-3 {
				t.Errorf("got delta %g, want %g", got.delta(), c.delta)
			}
		})
	}
}

func TestLeastCount(t *testing.T) {
	for _, c := range []struct {
		alpha float64
		want  int
	}{{0.5, 2}, {0.05, 4}, {0.01, 5}, {0.001, 7}, {0.0001, 9}} {
		if got := leastCount(c.alpha); got != c.want {
			t.Errorf("alpha=%g: got %d, want %d", c.alpha, got, c.want)
		}
	}
}
