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
	"github.com/querent-ai/chord/quant"
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
	embd  *lora   // of token_embd, or nil
}

// A lora is the addition of an adapter to one linear: factor·B·(A·x).
type lora struct {
	a      *simd.Matrix   // (rank, cols); of token_embd (Vocab, rank)
	b      []*simd.Matrix // (rows, rank), in parts of loraRows rows
	rank   int
	factor float32
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
	h := sha256.New()
	fmt.Fprintf(h, "%s %08x\n", m.config.Arch, math.Float32bits(dir.Alpha))
	for i := range dir.Pairs {
		p := &dir.Pairs[i]
		l := adapterLoader{pair: p}
		for _, t := range []struct {
			t    *gguf.Tensor
			data *[]byte
		}{{p.A, &l.a}, {p.B, &l.b}} {
			if *t.data, err = f.Data(t.t); err != nil {
				return nil, fmt.Errorf("llama: adapter: tensor %q: %w", t.t.Name, err)
			}
			fmt.Fprintf(h, "%s %v %v\n", t.t.Name, t.t.Type, t.t.Shape)
			h.Write(*t.data)
			a.bytes += t.t.Size
		}
		if err := a.add(m, &l); err != nil {
			return nil, fmt.Errorf("llama: adapter: %w", err)
		}
	}
	a.hash = [sha256.Size]byte(h.Sum(nil))
	for i := range a.file.Pairs { // they refer to the file
		a.file.Pairs[i].A, a.file.Pairs[i].B = nil, nil
	}
	return a, nil
}

// add adds a pair to all linears of its tensor.
func (a *Adapter) add(m *Model, l *adapterLoader) (err error) {
	if l.pair.Name == embdTensor {
		a.embd, err = l.load(target{rows: m.config.Dim, cols: l.pair.Rank}, m.config.Vocab)
		return err
	}
	used := false
	for i, t := range m.targets {
		if t.tensor == l.pair.Name {
			used = true
			if a.pairs[i+1], err = l.load(t, l.pair.Rank); err != nil {
				return err
			}
		}
	}
	if !used {
		return fmt.Errorf("tensor %q: adapters of it are not supported: %w", l.pair.Name, ErrUnsupported)
	}
	return nil
}

// An adapterLoader makes the matrices of a pair.
type adapterLoader struct {
	pair *AdapterPair
	a, b []byte

	last   *simd.Matrix // A of an expert, which linears of one tensor share
	expert int
}

// load returns the pair's addition to a target; A has aRows rows.
func (l *adapterLoader) load(t target, aRows int) (_ *lora, err error) {
	x := &lora{rank: l.pair.Rank, factor: l.pair.Factor}
	if l.last == nil || l.expert != t.expert {
		if l.last, err = part(l.pair.A, l.a, t.cols, t.expert*aRows, aRows); err != nil {
			return nil, err
		}
		l.expert = t.expert
	}
	x.a = l.last
	rows := int(l.pair.B.Shape[1])
	for lo := 0; lo < t.rows; lo += loraRows {
		b, err := part(l.pair.B, l.b, x.rank, t.expert*rows+t.lo+lo, min(loraRows, t.rows-lo))
		if err != nil {
			return nil, err
		}
		x.b = append(x.b, b)
	}
	return x, nil
}

// part returns n rows of t, from row lo on, as a matrix with memory of its own.
func part(t *gguf.Tensor, data []byte, cols, lo, n int) (*simd.Matrix, error) {
	size, err := t.Type.RowBytes(cols)
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	w := quant.Matrix{Type: t.Type, Rows: n, Cols: cols, Data: data[lo*size : (lo+n)*size]}
	m, err := simd.NewMatrix(nil, w, nil)
	if err == nil && !m.Copied() {
		w.Data = append([]byte(nil), w.Data...)
		m, err = simd.NewMatrix(nil, w, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	return m, nil
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
