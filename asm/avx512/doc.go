// Package avx512 holds kernels that need AVX-512 with VNNI. They make no
// promises: no dispatch, no checks, no fallback; package simd has all three.
package avx512

//go:generate go run -C ../../gen . avx512

// Requires lists the CPU features that every kernel here may use.
const Requires = "AVX,AVX2,F16C,AVX512F,AVX512BW,AVX512DQ,AVX512VL,AVX512VNNI"
