package mmap

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"
)

// The kernel is asked for huge pages, for memory of the heap too.
func TestHugePagesAreAskedFor(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skipf("a kernel without huge pages: %v", err)
	}
	off, err := Alloc(2 * hugePage)
	if err != nil {
		t.Fatal(err)
	}
	defer Free(off)
	for name, b := range map[string][]byte{"Alloc": off, "Heap": Heap(2 * hugePage)} {
		if flags := flagsOf(t, &b[hugePage]); !strings.Contains(flags+" ", " hg ") {
			t.Errorf("%s: flags are %q, want hg among them", name, flags)
		}
	}
}

// flagsOf returns the flags of the mapping that p is in.
func flagsOf(t *testing.T, p *byte) string {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skipf("no smaps: %v", err)
	}
	var lo, hi uintptr
	at := uintptr(unsafe.Pointer(p))
	for line := range strings.Lines(string(maps)) {
		if flags, ok := strings.CutPrefix(line, "VmFlags:"); ok && lo <= at && at < hi {
			return strings.TrimRight(flags, "\n")
		}
		var from, to uintptr
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			lo, hi = from, to
		}
	}
	t.Fatal("no such mapping")
	return ""
}
