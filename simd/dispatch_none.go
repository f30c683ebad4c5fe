//go:build !(amd64 || arm64) || purego

package simd

// tiers returns this CPU's implementations, best first.
func tiers() []*impl { return []*impl{&generic} }
