//go:build unix

package mmap

import (
	"os"

	"golang.org/x/sys/unix"
)

// view maps the first size bytes of f.
func view(f *os.File, size int) (*View, error) {
	data, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	return &View{data: data, mapped: true}, nil
}

// unview ends the mapping that view made.
func unview(data []byte) error {
	return os.NewSyscallError("munmap", unix.Munmap(data))
}

// drop is advice, which a system may ignore.
func drop(pages []byte) {
	_ = unix.Madvise(pages, unix.MADV_DONTNEED)
}
