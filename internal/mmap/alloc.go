package mmap

import (
	"fmt"
	"sync"
)

// hugePage is the size of a large page on amd64 and, with 4 KiB granules, on
// arm64. Elsewhere it is only an alignment.
const hugePage = 2 << 20

// live maps the first byte of each block of Alloc to the memory that the system
// gave for it.
var live = struct {
	sync.Mutex
	blocks map[*byte][]byte
}{blocks: map[*byte][]byte{}}

// Alloc returns n zero bytes outside the Go heap, which the garbage collector
// neither scans nor counts; on systems without such memory, from the heap.
//
// The first byte is aligned to 64 bytes, and from 2 MiB on to 2 MiB, where
// Linux is asked for huge pages. The last, partial huge page keeps small pages,
// so that many blocks do not each waste up to 2 MiB of memory.
//
// It errs if the system has no such memory left and panics if n is negative.
// The memory stays until [Free].
func Alloc(n int) ([]byte, error) {
	if n < 0 {
		panic("mmap: Alloc: negative size")
	}
	if n == 0 {
		return []byte{}, nil
	}
	block, data, err := reserve(n)
	if err != nil {
		return nil, fmt.Errorf("mmap: allocating %d bytes: %w", n, err)
	}
	live.Lock()
	live.blocks[&data[0]] = block
	live.Unlock()
	return data, nil
}

// Free returns a block of Alloc to the system; b and everything that points into
// it must not be used afterwards. It panics if b does not start a block of Alloc
// that is still in use.
func Free(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	live.Lock()
	block, ok := live.blocks[&b[0]]
	delete(live.blocks, &b[0])
	live.Unlock()
	if !ok {
		panic("mmap: Free: not a block of Alloc's")
	}
	return release(block)
}
