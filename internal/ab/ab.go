// Package ab measures two functions in turn (A, B, A, B, …), so that what
// disturbs a shared machine disturbs both: a figure is the ratio of their
// medians, never one time alone.
package ab

import (
	"testing"
	"time"

	"github.com/querent-ai/chord/internal/bench"
)

// A Side is one of the two.
type Side struct {
	Do    func()  // what is measured
	Work  float64 // how much work Do is, in billionths of the metric's unit
	After func()  // runs after Do, not measured; may be nil
}

// run does the side once and returns how long Do took.
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
	a.run() // not counted: it fills caches and page tables
	limit.run()
	for b.Loop() {
		ta, tl = append(ta, a.run()), append(tl, limit.run())
	}
	ra, rl := a.Work/bench.Median(bench.Nanoseconds(ta)), limit.Work/bench.Median(bench.Nanoseconds(tl))
	b.ReportMetric(ra, unit)
	b.ReportMetric(rl, "limit-"+unit)
	b.ReportMetric(ra/rl, "of-limit")
}
