// Package avx2 holds kernels that need AVX2 and F16C. They make no promises:
// no dispatch, no checks, no fallback; package simd has all three.
package avx2

//go:generate go run -C ../../gen . avx2

// Requires lists the CPU features that every kernel here may use.
const Requires = "AVX,AVX2,F16C"
