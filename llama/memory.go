package llama

import (
	"errors"
	"math"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
)

// An arena is memory outside the Go heap: a block for each large matrix, and
// slabs that small matrices, such as experts, share.
type arena struct {
	blocks [][]byte
	slab   []byte // the free part of the last slab
}

// slabBytes is the size of a slab: several huge pages.
const slabBytes = 16 << 20

// alloc returns n bytes that are valid until free.
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

// free returns all memory to the system.
func (a *arena) free() error {
	var errs []error
	for _, b := range a.blocks {
		errs = append(errs, mmap.Free(b))
	}
	a.blocks = nil
	return errors.Join(errs...)
}

// The system cannot reclaim the memory of repacked matrices. If a model larger
// than memory were repacked as a whole, the system would kill the process.
// Matrices that are not repacked stay in the mapped file and are packed tile by
// tile at every use; the system reads and drops their pages as it needs.

// availableMemory is [mmap.Available]; tests replace it. Where the system reports
// only its total memory, memory that other processes use counts as available.
var availableMemory = mmap.Available

// repackBudget returns the most bytes of f's matrices that may be repacked. There
// is no limit if the file fits into 7/8 of the available memory. Otherwise it is
// half of that memory; the other half keeps pages of the file between tokens.
// There is no limit either for a file that is not mapped, since all of it is in
// memory anyway.
func repackBudget(f *gguf.File, o Options) int64 {
	switch {
	case !f.Mapped():
		return math.MaxInt64
	case o.NoRepack:
		return 0
	}
	n, ok := availableMemory()
	if !ok {
		return math.MaxInt64
	}
	size := int64(0)
	for i := range f.Tensors {
		size += f.Tensors[i].Size
	}
	if size <= n-n/8 {
		return math.MaxInt64
	}
	return n / 2
}
