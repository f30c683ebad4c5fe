package mmap

import "golang.org/x/sys/unix"

// huge asks for huge pages; a kernel without them keeps small ones.
func huge(b []byte) {
	_ = unix.Madvise(b, unix.MADV_HUGEPAGE)
}
