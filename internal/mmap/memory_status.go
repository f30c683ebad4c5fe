package mmap

import "math"

// A memoryStatus is MEMORYSTATUSEX of Windows, with sizes in bytes. It is compiled
// on all systems so that all of them test it.
type memoryStatus struct {
	length, load                 uint32 // the struct's size, which the caller sets; per cent in use
	totalPhys, availPhys         uint64 // memory; what is zero, free or a file's cache
	totalPageFile, availPageFile uint64 // what the system and this process can still commit
	totalVirtual, availVirtual   uint64 // this process's addresses
	availExtendedVirtual         uint64 // 0
}

// available returns how much memory can be used: the least of what is free, what
// can be committed and what can have an address.
func (s *memoryStatus) available() int64 {
	return int64(min(s.availPhys, s.availPageFile, s.availVirtual, math.MaxInt64))
}
