package llama

import (
	"errors"
	"math"

	"github.com/querent-ai/chord/gguf"
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

// Packed matrices are memory that the system cannot take back, so a model
// larger than memory must not be packed whole: its process would be ended.
// What is not packed stays in the mapped file, is packed at every use, tile by
// tile, and its pages come and go as the system likes.

// available is [mmap.Available] but in tests. Where the system tells no more
// than how much memory there is, a model is packed whole that others leave less
// room for, but not one that the machine has no room for at all.
var available = mmap.Available

// roomFor returns how many bytes of f's matrices may be packed: all, if they
// and an eighth for everything else fit into the memory that is available;
// otherwise half of that memory, since the other half is where the rest of the
// file is kept between one token and the next. Without mappings all data are
// in memory anyway.
func roomFor(f *gguf.File, o Options) int64 {
	switch {
	case !f.Mapped():
		return math.MaxInt64
	case o.NoRepack:
		return 0
	}
	n, ok := available()
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
