// Package kernels writes the kernels of asm/wasm: WebAssembly with SIMD128, as a
// module that a program in Go imports its functions from.
//
// One row is one lane: sixteen rows are four vectors, and four rows of a dword of
// quants are one. Bytes are multiplied as int16, two to a lane of int32, by
// i32x4.dot_i16x8_s: of each dword first the even bytes, then the odd ones, so that
// it takes one mask or shift to make int16 of them. Activations are laid out like
// that beforehand, for a block and all tokens, and read with a splat.
package kernels
