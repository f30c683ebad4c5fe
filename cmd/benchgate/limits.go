package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/querent-ai/chord/internal/bench"
)

// A check is the result of one limit or ratio for one benchmark.
type check struct {
	name    string // the benchmark, or the pattern where none matches
	got     string
	want    string
	what    string
	ok      bool
	missing bool // no such benchmark was measured
}

// checkLimits compares the shortest time of each benchmark with its limit, or
// with its ceiling where limits do not apply. The shortest, since other work on
// a machine only ever adds time.
func (c *config) checkLimits(r rows, apply bool) []check {
	var checks []check
	for _, l := range c.Limits {
		bound, what := l.Limit, "limit"
		if !apply {
			bound, what = l.Ceiling, "ceiling"
		}
		blank := check{name: l.Name, want: "at most " + bound.String(), what: what}
		checks = append(checks, r.check(blank, seconds, func(values []float64) (string, bool) {
			best := slices.Min(values)
			return formatSeconds(best), best <= bound.Seconds()
		})...)
	}
	return checks
}

// checkRatios compares the median of each ratio with the least that it may be.
func (c *config) checkRatios(r rows) []check {
	var checks []check
	for _, x := range c.Ratios {
		blank := check{name: x.Name, want: fmt.Sprintf("at least %g", x.Least), what: x.What}
		checks = append(checks, r.check(blank, x.Unit, func(values []float64) (string, bool) {
			m := bench.Median(values)
			return fmt.Sprintf("%.3g", m), m >= x.Least
		})...)
	}
	return checks
}

// check returns blank, whose name is a pattern, filled in for every benchmark
// that matches and has values of the unit. If there is none, blank is missing.
func (r rows) check(blank check, unit string, judge func(values []float64) (got string, ok bool)) []check {
	var checks []check
	for _, name := range r.names() {
		if values := r[name][unit]; matches(blank.name, name) && len(values) > 0 {
			c := blank
			c.name = name
			c.got, c.ok = judge(values)
			checks = append(checks, c)
		}
	}
	if checks == nil {
		blank.missing = true
		checks = append(checks, blank)
	}
	return checks
}

// otherTier reports whether a pattern names a tier of kernels that this machine
// does not have, so that its benchmarks cannot run.
func otherTier(pattern string, tiers []string) bool {
	for part := range strings.SplitSeq(pattern, "/") {
		if tier, ok := strings.CutPrefix(part, "impl="); ok && !slices.Contains(tiers, tier) {
			return true
		}
	}
	return false
}
