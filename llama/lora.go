package llama

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"runtime/debug"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/simd"
)

// An Adapter is a loaded LoRA adapter: matrices A and B of low rank for matrices of
// the model, whose products become W·x + scale·factor·B·(A·x). It does not change.
type Adapter struct {
	c     *Config // of its model
	file  AdapterFile
	hash  [sha256.Size]byte
	bytes int64
	pairs []*lora // by linear.id; nil: the linear stays as it is
	embd  *lora   // of token_embd, A being (Vocab, rank), or nil
}

// A lora is the addition of an adapter to one linear: factor·B·(A·x).
type lora struct {
	a     *loraStack
	first int            // row of A in the stack
	b     []*simd.Matrix // (rows, rank), in parts of loraRows rows
	rank  int
}

// A loraStack is the matrices A of linears with one input, one below the other, so
// that their products are one.
type loraStack struct {
	m     *simd.Matrix // (ranks, cols)
	parts []loraPart
}

// A loraPart is one A of a stack.
type loraPart struct {
	first, rank int // its rows
	factor      float32
}

// A target is a linear that an adapter may change: some rows of a tensor.
type target struct {
	tensor     string
	expert     int
	lo         int // of the first row in the matrix
	rows, cols int
}

// target registers a linear and returns its id.
func (l *loader) target(tensor string, expert, lo, rows, cols int) int {
	l.targets = append(l.targets, target{tensor, expert, lo, rows, cols})
	return len(l.targets) // 0 is a linear that no adapter changes
}

// LoadAdapter reads the LoRA adapter in f, whose data it copies. Errors are those of
// [ReadAdapter], and those of reading.
func (m *Model) LoadAdapter(f *gguf.File) (_ *Adapter, err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	dir, err := ReadAdapter(f, m.config.Arch, func(name string) []uint64 { return m.shapes[name] })
	if err != nil {
		return nil, err
	}
	a := &Adapter{c: &m.config, file: *dir, pairs: make([]*lora, len(m.targets)+1)}
	l := adapterLoader{a: a, f: f, stacks: map[stackKey]*stackData{}}
	if err := l.load(m); err != nil {
		return nil, fmt.Errorf("llama: adapter: %w", err)
	}
	for i := range a.file.Pairs { // they refer to the file
		a.file.Pairs[i].A, a.file.Pairs[i].B = nil, nil
	}
	return a, nil
}

// Name returns the name that the file gives, "" if it gives none.
func (a *Adapter) Name() string { return a.file.Name }

// Alpha returns adapter.lora.alpha: products are scaled by Alpha/rank, or not at all
// if it is 0.
func (a *Adapter) Alpha() float32 { return a.file.Alpha }

// Rank returns the largest rank of the adapter's matrices.
func (a *Adapter) Rank() int {
	n := 0
	for _, p := range a.file.Pairs {
		n = max(n, p.Rank)
	}
	return n
}

// Tensors returns how many tensors of the model the adapter changes.
func (a *Adapter) Tensors() int { return len(a.file.Pairs) }

// Hash returns a hash of the adapter's tensors and keys, the same on every machine.
func (a *Adapter) Hash() [sha256.Size]byte { return a.hash }

// Bytes returns the size of the adapter's tensors in the file.
func (a *Adapter) Bytes() int64 { return a.bytes }

// An AdapterScale is an adapter and its scale.
type AdapterScale struct {
	Adapter *Adapter
	Scale   float32
}

// An AdapterSet is the adapters of a token, in the order in which they are added.
// nil is none.
type AdapterSet struct {
	c    *Config
	list []AdapterScale
	key  string
}

// NewAdapterSet returns a set, nil if no adapter has a scale other than 0. It panics
// if the adapters are of several models.
func NewAdapterSet(list []AdapterScale) *AdapterSet {
	s := new(AdapterSet)
	var key strings.Builder
	for _, a := range list {
		if a.Scale == 0 {
			continue
		}
		if len(s.list) > 0 && a.Adapter.c != s.c {
			panic("llama: NewAdapterSet: adapters of several models")
		}
		s.c, s.list = a.Adapter.c, append(s.list, a)
		key.Write(a.Adapter.hash[:])
		key.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(a.Scale)))
	}
	if len(s.list) == 0 {
		return nil
	}
	s.key = key.String()
	return s
}

// Key returns a string that only sets with the same content, scales and order have;
// "" for none. It is made of a hash of the adapters' tensors, the same everywhere.
func (s *AdapterSet) Key() string {
	if s == nil {
		return ""
	}
	return s.key
}
