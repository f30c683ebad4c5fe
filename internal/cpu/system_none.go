//go:build !arm64

package cpu

// system are features of which the operating system tells: cpuid/v2 tells all.
var system map[string]bool
