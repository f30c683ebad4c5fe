// Package free512 holds avx512's products of full panels with a fused
// multiply-add, which the canonical order forbids, and nothing else different:
// what a benchmark measures the cost of that order with, and what tests take to
// break the promise on purpose. Only tests import it, so that no program
// contains it.
package free512

//go:generate go run -C ../../gen . free512

// Requires lists the CPU features that every kernel here may use.
const Requires = "AVX,AVX512F,AVX512BW,AVX512VNNI"
