package main

import "slices"

// failing returns the benchmarks that it makes sense to measure again.
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

// failures returns how many judgements are bad.
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
