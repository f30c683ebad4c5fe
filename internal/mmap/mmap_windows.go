package mmap

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// view maps the first size bytes of f.
func view(f *os.File, size int) (*View, error) {
	h, err := windows.CreateFileMapping(windows.Handle(f.Fd()), nil, windows.PAGE_READONLY, 0, 0, nil)
	if err != nil {
		return nil, os.NewSyscallError("CreateFileMapping", err)
	}
	defer windows.CloseHandle(h) // the view keeps the mapping alive
	addr, err := windows.MapViewOfFile(h, windows.FILE_MAP_READ, 0, 0, uintptr(size))
	if err != nil {
		return nil, os.NewSyscallError("MapViewOfFile", err)
	}
	return &View{data: foreign(addr, size), mapped: true}, nil
}

// unview ends the mapping that view made.
func unview(data []byte) error {
	return os.NewSyscallError("UnmapViewOfFile", windows.UnmapViewOfFile(uintptr(unsafe.Pointer(&data[0]))))
}

// drop unlocks pages that were never locked, which takes them out of the
// working set; the call reports that as an error, by design.
func drop(pages []byte) {
	_ = windows.VirtualUnlock(uintptr(unsafe.Pointer(&pages[0])), uintptr(len(pages)))
}

// reserve commits n bytes; Windows aligns them to 64 KiB.
func reserve(n int) (block, data []byte, err error) {
	slack := 0
	if n >= hugePage {
		slack = hugePage
	}
	if n+slack < n {
		return nil, nil, windows.ERROR_NOT_ENOUGH_MEMORY
	}
	addr, err := windows.VirtualAlloc(0, uintptr(n+slack), windows.MEM_RESERVE|windows.MEM_COMMIT, windows.PAGE_READWRITE)
	if err != nil {
		return nil, nil, os.NewSyscallError("VirtualAlloc", err)
	}
	block = foreign(addr, n+slack)
	at := 0
	if slack > 0 {
		at = -int(addr) & (hugePage - 1)
	}
	return block, block[at : at+n : at+n], nil
}

// release returns to the system what reserve committed.
func release(block []byte) error {
	return os.NewSyscallError("VirtualFree", windows.VirtualFree(uintptr(unsafe.Pointer(&block[0])), 0, windows.MEM_RELEASE))
}

// foreign returns a slice of memory outside the Go heap. The address is read
// through a pointer to it because go vet takes a conversion for arithmetic.
func foreign(addr uintptr, n int) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), n)
}
