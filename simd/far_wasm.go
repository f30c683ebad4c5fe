//go:build !purego && wasmkernels

package simd

import (
	"unsafe"

	"github.com/querent-ai/chord/asm/wasm"
)

// farFrom is the address at which kernels see the far memory begin: the first one that the
// program's own cannot have. Pointers have 64 bits, and the garbage collector passes over
// those that are not of its memory.
const farFrom = 1 << 32

// farGrow adds pages to the far memory and returns how many it has then, or 0.
func farGrow(pages int) int { return wasm.FarGrow(pages) }

// farBytes returns n bytes of the far memory, from byte at on.
func farBytes(at uint64, n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(nil), uintptr(farFrom+at))), n)
}

func farAt(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&b[0]))) - farFrom }

// farPut copies src to dst, which is of the far memory.
func farPut(dst, src []byte) { wasm.FarPut(farAt(dst), &src[0], len(src)) }

// farGet copies src, which is of the far memory, to dst.
func farGet(dst, src []byte) { wasm.FarGet(&dst[0], farAt(src), len(dst)) }
