// Package avxvnni holds kernels that need AVX2, F16C and AVX-VNNI. They make
// no promises: no dispatch, no checks, no fallback; package simd has all three.
package avxvnni

//go:generate go run -C ../../gen . avxvnni

// Requires lists the CPU features that every kernel here may use.
const Requires = "AVX,AVX2,F16C,AVXVNNI"
