package mmap

import (
	"testing"
	"unsafe"
)

// TestMemoryStatus checks the layout against MEMORYSTATUSEX in sysinfoapi.h: two
// DWORDs and seven DWORDLONGs.
func TestMemoryStatus(t *testing.T) {
	var s memoryStatus
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"size", unsafe.Sizeof(s), 64},
		{"dwLength", unsafe.Offsetof(s.length), 0},
		{"dwMemoryLoad", unsafe.Offsetof(s.load), 4},
		{"ullTotalPhys", unsafe.Offsetof(s.totalPhys), 8},
		{"ullAvailPhys", unsafe.Offsetof(s.availPhys), 16},
		{"ullTotalPageFile", unsafe.Offsetof(s.totalPageFile), 24},
		{"ullAvailPageFile", unsafe.Offsetof(s.availPageFile), 32},
		{"ullTotalVirtual", unsafe.Offsetof(s.totalVirtual), 40},
		{"ullAvailVirtual", unsafe.Offsetof(s.availVirtual), 48},
		{"ullAvailExtendedVirtual", unsafe.Offsetof(s.availExtendedVirtual), 56},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, c.got, c.want)
		}
	}
}

func TestMemoryStatusAvailable(t *testing.T) {
	const none = 1<<64 - 1
	for name, c := range map[string]struct {
		s    memoryStatus
		want int64
	}{
		"memory":    {memoryStatus{availPhys: 3, availPageFile: 5, availVirtual: 7}, 3},
		"commits":   {memoryStatus{availPhys: 3, availPageFile: 2, availVirtual: 7}, 2},
		"addresses": {memoryStatus{availPhys: 3, availPageFile: 5, availVirtual: 1}, 1},
		"no limit":  {memoryStatus{availPhys: none, availPageFile: none, availVirtual: none}, 1<<63 - 1},
	} {
		if got := c.s.available(); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}
