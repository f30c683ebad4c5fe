package mmap

import (
	"testing"
	"unsafe"
)

func TestHeap(t *testing.T) {
	for _, n := range []int{0, 1, hugePage - 1, hugePage, 3*hugePage + 12345} {
		for range 3 { // also where something has been before
			b := Heap(n)
			if len(b) != n || cap(b) != n {
				t.Fatalf("n=%d: got len %d, cap %d", n, len(b), cap(b))
			}
			if at := uintptr(unsafe.Pointer(unsafe.SliceData(b))); n >= hugePage && at%hugePage != 0 {
				t.Errorf("n=%d: starts at %#x, want a multiple of %d", n, at, hugePage)
			}
			for i := range b {
				if b[i] != 0 {
					t.Fatalf("n=%d: byte %d is not zero", n, i)
				}
				b[i] = 1
			}
		}
	}
}
