package llama

import (
	"math"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
)

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
