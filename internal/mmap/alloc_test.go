package mmap

import (
	"math"
	"runtime"
	"testing"
	"unsafe"
)

func TestAlloc(t *testing.T) {
	const page = 4096
	for _, n := range []int{0, 1, 63, page, page + 1, hugePage - 1, hugePage, hugePage + 1, 5*hugePage + 12345} {
		b, err := Alloc(n)
		if err != nil {
			t.Fatalf("n=%d: %v", n, err)
		}
		if len(b) != n || cap(b) != n {
			t.Errorf("n=%d: got len %d, cap %d", n, len(b), cap(b))
		}
		align := uintptr(64)
		if n >= hugePage && runtime.GOOS != "js" && runtime.GOOS != "wasip1" && runtime.GOOS != "plan9" {
			align = hugePage
		}
		if at := uintptr(unsafe.Pointer(unsafe.SliceData(b))); n > 0 && at%align != 0 {
			t.Errorf("n=%d: starts at %#x, want a multiple of %d", n, at, align)
		}
		for i := range b {
			if b[i] != 0 {
				t.Fatalf("n=%d: byte %d is not zero", n, i)
			}
			b[i] = byte(i)
		}
		if err := Free(b); err != nil {
			t.Errorf("n=%d: Free: %v", n, err)
		}
	}
	if len(live.blocks) != 0 {
		t.Errorf("%d blocks still live", len(live.blocks))
	}
}

// Blocks next to each other must not share a byte.
func TestAllocBlocksAreApart(t *testing.T) {
	var blocks [][]byte
	for i := range 20 {
		b, err := Alloc(1 + i*300_000)
		if err != nil {
			t.Fatal(err)
		}
		for j := range b {
			b[j] = byte(i)
		}
		blocks = append(blocks, b)
	}
	for i, b := range blocks {
		for j := range b {
			if b[j] != byte(i) {
				t.Fatalf("block %d, byte %d: got %d", i, j, b[j])
			}
		}
		if err := Free(b); err != nil {
			t.Error(err)
		}
	}
}

func TestAllocTooLarge(t *testing.T) {
	if runtime.GOOS == "js" || runtime.GOOS == "wasip1" || runtime.GOOS == "plan9" {
		t.Skip("memory comes from the Go heap, which ends the process when it is out")
	}
	for _, n := range []int{math.MaxInt, math.MaxInt - hugePage} {
		if b, err := Alloc(n); err == nil {
			t.Errorf("n=%d: allocated", n)
			_ = Free(b)
		}
	}
}
