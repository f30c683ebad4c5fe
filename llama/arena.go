package llama

import (
	"errors"

	"github.com/querent-ai/chord/internal/mmap"
)

// An arena is memory off the Go heap: a block for each large matrix, and slabs
// that small ones, such as experts, share.
type arena struct {
	blocks [][]byte
	slab   []byte // what is left of the last
}

// slabBytes is the size of a slab: several huge pages.
const slabBytes = 16 << 20

// alloc returns n bytes that last until free.
func (a *arena) alloc(n int) ([]byte, error) {
	const line = 64
	if n > slabBytes/8 {
		return a.block(n)
	}
	if n > len(a.slab) {
		var err error
		if a.slab, err = a.block(slabBytes); err != nil {
			return nil, err
		}
	}
	b := a.slab[:n:n]
	a.slab = a.slab[min((n+line-1)/line*line, len(a.slab)):]
	return b, nil
}

// block returns a block of n bytes.
func (a *arena) block(n int) ([]byte, error) {
	b, err := mmap.Alloc(n)
	if err == nil {
		a.blocks = append(a.blocks, b)
	}
	return b, err
}

// free gives all memory back.
func (a *arena) free() error {
	var errs []error
	for _, b := range a.blocks {
		errs = append(errs, mmap.Free(b))
	}
	a.blocks = nil
	return errors.Join(errs...)
}
