// Package i8mm holds kernels that need SMMLA. They make no promises: no
// dispatch, no checks, no fallback; package simd has all three.
package i8mm

//go:generate go run -C ../../gen . i8mm

// Requires lists the CPU features that every kernel here may use.
const Requires = "ASIMD,ASIMDDP,I8MM"
