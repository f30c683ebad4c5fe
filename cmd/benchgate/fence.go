package main

import (
	"fmt"
	"slices"
	"strings"
)

// A check is what one limit or ratio says about one benchmark.
type check struct {
	name    string // the benchmark, or the pattern where nothing matches
	got     string
	want    string
	what    string
	ok      bool
	missing bool // there is no such benchmark in what was measured
}

// checkLimits holds the least time of each benchmark against its limit, or
// against its ceiling on another machine than the limits'. The least, since
// what else runs on a machine only ever adds time.
func (c *config) checkLimits(r rows, cpu, tier string) []check {
	own := cpu == c.CPU && tier == c.Tier
	var checks []check
	for _, l := range c.Limits {
		bound, what := l.Limit, "limit"
		if !own {
			bound, what = l.Ceiling, "ceiling, since the limit is another machine's"
		}
		blank := check{name: l.Name, want: "at most " + bound.String(), what: what}
		checks = append(checks, r.hold(blank, seconds, func(values []float64) (string, bool) {
			best := slices.Min(values)
			return formatSeconds(best), best <= bound.Seconds()
		})...)
	}
	return checks
}

// checkRatios holds the median of each ratio against the least that it may be.
func (c *config) checkRatios(r rows) []check {
	var checks []check
	for _, x := range c.Ratios {
		blank := check{name: x.Name, want: fmt.Sprintf("at least %g", x.Least), what: x.What}
		checks = append(checks, r.hold(blank, x.Unit, func(values []float64) (string, bool) {
			m := median(values)
			return fmt.Sprintf("%.3g", m), m >= x.Least
		})...)
	}
	return checks
}

// hold fills in blank, whose name is a pattern, for every benchmark that it
// matches and that has values of the unit. If there is none, it is missing.
func (r rows) hold(blank check, unit string, judge func(values []float64) (got string, ok bool)) []check {
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

// elsewhere reports whether pattern names a kernel tier that is not among
// those of this machine, so that no benchmark of it is to be had.
func elsewhere(pattern string, tiers []string) bool {
	for part := range strings.SplitSeq(pattern, "/") {
		if tier, ok := strings.CutPrefix(part, "impl="); ok && !slices.Contains(tiers, tier) {
			return true
		}
	}
	return false
}
