package cpu

// system are features of every engine that runs a program with kernels: without
// SIMD128 their module cannot be compiled.
var system = map[string]bool{"SIMD128": true}
