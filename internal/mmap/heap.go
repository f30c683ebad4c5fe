package mmap

import "unsafe"

// Heap returns n zero bytes of the Go heap, which need no [Free]. From 2 MiB on
// they are aligned to 2 MiB, and Linux is asked for huge pages, all but the
// last, partial one. It panics if n is negative.
func Heap(n int) []byte {
	if n < hugePage {
		return make([]byte, n)
	}
	b := make([]byte, n+hugePage-1)
	at := -int(uintptr(unsafe.Pointer(&b[0]))) & (hugePage - 1)
	huge(b[at : at+n/hugePage*hugePage])
	return b[at : at+n : at+n]
}
