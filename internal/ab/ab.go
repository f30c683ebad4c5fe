// Package ab measures two functions in turn (A, B, A, B, …), so that what
// disturbs a shared machine disturbs both: a figure is the ratio of their
// medians, never one time alone.
package ab

import (
	"slices"
	"testing"
	"time"
)

// A Side is one of the two.
type Side struct {
	Do    func()  // what is measured
	Work  float64 // how much work that is, in billionths of the metric's unit
	After func()  // what follows unmeasured, or nil
}

// run does the side once and returns how long it took.
func (s Side) run() time.Duration {
	start := time.Now()
	s.Do()
	d := time.Since(start)
	if s.After != nil {
		s.After()
	}
	return d
}

// Compare runs a and limit in turn for as long as b loops and reports three
// metrics: a's and limit's median rates, work a second divided by 1e9, as unit
// and "limit-"+unit, and the ratio of a to limit as "of-limit".
func Compare(b *testing.B, unit string, a, limit Side) {
	var ta, tl []time.Duration
	a.run() // caches and page tables as they will be
	limit.run()
	for b.Loop() {
		ta, tl = append(ta, a.run()), append(tl, limit.run())
	}
	ra, rl := a.Work/float64(Median(ta)), limit.Work/float64(Median(tl))
	b.ReportMetric(ra, unit)
	b.ReportMetric(rl, "limit-"+unit)
	b.ReportMetric(ra/rl, "of-limit")
}

// Median returns the median of ds, which it sorts; at least a nanosecond, since
// clocks may be coarser than what they measure.
func Median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return max(ds[len(ds)/2], 1)
}
