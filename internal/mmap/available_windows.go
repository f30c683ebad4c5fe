package mmap

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

var globalMemoryStatusEx = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")

// Available returns how many bytes of memory this process can still use before
// memory of others is moved to the page file or allocations fail. Caches of files
// count as available. ok is false if the system does not say.
func Available() (n int64, ok bool) {
	s := memoryStatus{length: uint32(unsafe.Sizeof(memoryStatus{}))}
	if globalMemoryStatusEx.Find() != nil {
		return 0, false
	}
	if done, _, _ := globalMemoryStatusEx.Call(uintptr(unsafe.Pointer(&s))); done == 0 {
		return 0, false
	}
	return s.available(), true
}
