// Package neon holds kernels that need no more than ARMv8.0. They make no
// promises: no dispatch, no checks, no fallback; package simd has all three.
package neon

//go:generate go run -C ../../gen . neon

// Requires lists the CPU features that every kernel here may use.
const Requires = "ASIMD"
