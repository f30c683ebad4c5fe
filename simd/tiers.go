package simd

// Tiers returns the names of the implementations that this CPU has and
// CHORD_CPU allows, best first; "generic" is always the last.
func Tiers() []string {
	var names []string
	for _, t := range tiers() {
		names = append(names, t.name)
	}
	return names
}
