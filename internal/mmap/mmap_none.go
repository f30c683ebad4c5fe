//go:build !unix && !windows

package mmap

import (
	"fmt"
	"io"
	"os"
	"unsafe"
)

// maxRead is the largest file that is read whole where nothing can be mapped:
// a quarter of what a 32-bit address space, such as WebAssembly's, can hold.
const maxRead = 1 << 30

// view reads the first size bytes of f into memory.
func view(f *os.File, size int) (*View, error) {
	if size > maxRead {
		return nil, fmt.Errorf("%d bytes: %w", size, ErrTooLarge)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, int64(size)), data); err != nil {
		return nil, err
	}
	return &View{data: data}, nil
}

// unview and drop do nothing: no view is mapped.
func unview([]byte) error { return nil }
func drop([]byte)         {}

// reserve allocates on the Go heap, aligned to a cache line. The block is kept
// alive by the list of live blocks until it is released.
func reserve(n int) (block, data []byte, err error) {
	const line = 64
	block = make([]byte, n+line)
	at := -int(uintptr(unsafe.Pointer(&block[0]))) & (line - 1)
	return block, block[at : at+n : at+n], nil
}

// release leaves the block to the garbage collector.
func release([]byte) error { return nil }
