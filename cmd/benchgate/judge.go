package main

import (
	"slices"

	"golang.org/x/perf/benchmath"

	"github.com/querent-ai/chord/internal/bench"
)

// Verdicts on a benchmark of two commits.
const (
	same   = "same"     // no significant difference
	faster = "faster"   // significantly
	slower = "slower"   // significantly, within the threshold
	tooFar = "TOO SLOW" // significantly, beyond the threshold
	fresh  = "new"      // not in base
	gone   = "gone"     // not in head
)

// A change is how a benchmark's time changed from base to head.
type change struct {
	name     string
	old, new float64 // medians, seconds
	p        float64 // of the Mann-Whitney test
	verdict  string
}

// delta returns how much slower head is: 0.1 is 10 %.
func (c change) delta() float64 { return c.new/c.old - 1 }

// compare judges the times of one benchmark. A commit without times does not
// have it.
func compare(name string, old, new []float64, alpha, threshold float64) change {
	c := change{name: name, p: 1}
	switch {
	case len(old) == 0 && len(new) == 0:
		c.verdict = gone
		return c
	case len(old) == 0:
		c.new, c.verdict = bench.Median(new), fresh
		return c
	case len(new) == 0:
		c.old, c.verdict = bench.Median(old), gone
		return c
	}
	t := benchmath.Thresholds{CompareAlpha: alpha}
	a, b := benchmath.NewSample(old, &t), benchmath.NewSample(new, &t)
	c.old, c.new = bench.Median(old), bench.Median(new)
	test := benchmath.AssumeNothing.Compare(a, b)
	c.p = test.P
	switch {
	case test.P >= alpha:
		c.verdict = same
	case c.delta() > threshold:
		c.verdict = tooFar
	case c.delta() > 0:
		c.verdict = slower
	default:
		c.verdict = faster
	}
	return c
}

// leastCount returns how many values of each commit are needed for any difference
// to be significant: the smallest p of n and n values is 2/C(2n, n).
func leastCount(alpha float64) int {
	n, p := 1, 1.0
	for p >= alpha {
		n++
		p *= float64(n) / float64(2*(2*n-1))
	}
	return n
}

// failing returns the benchmarks that failed and can be measured again.
func failing(changes []change, checks []check) []string {
	var names []string
	for _, c := range changes {
		if c.verdict == tooFar {
			names = append(names, c.name)
		}
	}
	for _, c := range checks {
		if !c.ok && !c.missing {
			names = append(names, c.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// failures returns how many changes and checks failed.
func failures(changes []change, checks []check) int {
	n := 0
	for _, c := range changes {
		if c.verdict == tooFar {
			n++
		}
	}
	for _, c := range checks {
		if !c.ok {
			n++
		}
	}
	return n
}
