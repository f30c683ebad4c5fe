//go:build wasmkernels

package wasm

import "unsafe"

// area is the memory of the kernels' own, in words so that it is aligned.
var area [Area / 8]uint64

func init() { Start((*byte)(unsafe.Pointer(&area[0]))) }
