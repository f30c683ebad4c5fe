// Package evex256 holds the products of avxvnni with VPDPBUSD as AVX-512 codes
// it, and nothing else different: what tests that tier on CPUs with AVX-512 and
// without AVX-VNNI. Only tests import it, so that no program contains it.
package evex256

//go:generate go run -C ../../gen . evex256

// Requires lists the CPU features that every kernel here may use.
const Requires = "AVX,AVX2,F16C,AVX512F,AVX512VL,AVX512VNNI"
