// Package wasm holds kernels for WebAssembly with SIMD128. They make no promises: no
// dispatch, no checks, no fallback; package simd has all three.
//
// The kernels are not machine code of the program, but functions of a module beside
// it, which it imports: plain.wasm, or, for threads, shared.wasm, or far.wasm, whose
// products take weights from a second memory, with addresses of 64 bits, as well. They
// work on the program's own memory, which a program that Go has linked does not share:
// command chord-wasm/build makes it do so, and starts it. So only programs built with the
// tag wasmkernels have these kernels.
package wasm

//go:generate go run -C ../../gen . wasm

// Requires lists the CPU features that every kernel here may use.
const Requires = "SIMD128"
