//go:build unix

package mmap

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reserve maps n bytes of anonymous memory. block is all that was mapped, data
// its n usable bytes. Blocks that can hold a huge page start on the boundary of
// one: the address space before it is never touched and costs no memory.
func reserve(n int) (block, data []byte, err error) {
	size, slack := roundUp(n, os.Getpagesize()), 0
	if n >= hugePage {
		slack = hugePage
	}
	if size < n || size+slack < size {
		return nil, nil, unix.ENOMEM
	}
	block, err = unix.Mmap(-1, 0, size+slack, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	if slack == 0 {
		return block, block[:n:n], nil
	}
	at := -int(uintptr(unsafe.Pointer(&block[0]))) & (hugePage - 1)
	huge(block[at : at+n/hugePage*hugePage])
	return block, block[at : at+n : at+n], nil
}

// release unmaps what reserve mapped.
func release(block []byte) error {
	return os.NewSyscallError("munmap", unix.Munmap(block))
}
