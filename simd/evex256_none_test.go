//go:build !amd64 || purego

package simd

// products are the implementations whose matrix products are tested.
func products() []*impl { return tiers() }
