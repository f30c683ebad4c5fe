//go:build !wasm

package cpu

import "github.com/klauspost/cpuid/v2"

// reported reports whether CPUID has a feature.
func reported(feature string) bool {
	id := cpuid.ParseFeature(feature)
	return id != cpuid.UNKNOWN && cpuid.CPU.Has(id)
}

// Name returns the name that the CPU gives itself, "" if it has none.
func Name() string { return cpuid.CPU.BrandName }

// own is the ID by CPUID.
func own() ID {
	c := &cpuid.CPU
	return ID{c.VendorString, c.Family, c.Model, c.Stepping}
}
