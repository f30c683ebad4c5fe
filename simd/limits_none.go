//go:build !(amd64 || arm64) || purego

package simd

// limitKernels are the tiers' own: there are none.
var limitKernels map[string]limitKernel
