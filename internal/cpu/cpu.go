// Package cpu says what this CPU can do and which of it the user allows. No other
// package asks CPUID.
package cpu

import (
	"os"
	"slices"
	"strings"
)

// Tiers are the names of each architecture's tiers, lowest first.
var Tiers = [][]string{
	{"generic", "avx2", "avxvnni", "avx512"},
	{"generic", "neon", "dotprod", "i8mm"},
	{"generic", "wasm"},
}

// Has reports whether this CPU and its operating system have all features of a
// list such as "AVX2,F16C", in the names of cpuid/v2. No CPU has a feature of an
// unknown name.
func Has(features string) bool {
	for name := range strings.SplitSeq(features, ",") {
		if !system[name] && !reported(name) {
			return false
		}
	}
	return true
}

// Allowed reports whether the environment variable CHORD_CPU allows a tier: it
// names the highest one to use. If it is not set, or not the name of a tier of
// this architecture, all are allowed.
func Allowed(tier string) bool { return allowed(os.Getenv("CHORD_CPU"), tier) }

func allowed(highest, tier string) bool {
	for _, tiers := range Tiers {
		i, j := slices.Index(tiers, highest), slices.Index(tiers, tier)
		if i >= 0 && j > i {
			return false
		}
	}
	return true
}
