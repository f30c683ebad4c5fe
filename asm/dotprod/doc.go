// Package dotprod holds kernels that need SDOT. They make no promises: no
// dispatch, no checks, no fallback; package simd has all three.
package dotprod

//go:generate go run -C ../../gen . dotprod

// Requires lists the CPU features that every kernel here may use.
const Requires = "ASIMD,ASIMDDP"
