package quantize

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/quant"
)

// An Imatrix is an importance matrix: the mean square of the inputs of each column
// of each matrix. A nil Imatrix is empty.
type Imatrix struct {
	name     string
	datasets []string
	chunks   int
	weights  map[string][]float32
}

// Weights returns the importance of the columns of the tensor called name,
// expert after expert.
func (m *Imatrix) Weights(name string) ([]float32, bool) {
	if m == nil {
		return nil, false
	}
	w, ok := m.weights[name]
	return w, ok
}

// Len returns how many tensors m has values for.
func (m *Imatrix) Len() int {
	if m == nil {
		return 0
	}
	return len(m.weights)
}

// Select keeps the tensors whose names contain one of include, unless include is
// empty, and none of exclude.
func (m *Imatrix) Select(include, exclude []string) {
	has := func(parts []string, name string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(name, p) })
	}
	for name := range m.weights {
		if has(exclude, name) || len(include) > 0 && !has(include, name) {
			delete(m.weights, name)
		}
	}
}

// keys returns the metadata that llama-quantize writes about m.
func (m *Imatrix) keys() []gguf.KV {
	if m == nil {
		return nil
	}
	kv := []gguf.KV{{Key: "quantize.imatrix.file", Value: m.name}}
	if len(m.datasets) > 0 {
		kv = append(kv, gguf.KV{Key: "quantize.imatrix.dataset", Value: m.datasets[0]})
	}
	kv = append(kv, gguf.KV{Key: "quantize.imatrix.entries_count", Value: uint32(len(m.weights))})
	if m.chunks > 0 {
		kv = append(kv, gguf.KV{Key: "quantize.imatrix.chunks_count", Value: uint32(m.chunks)})
	}
	return kv
}

// ReadImatrix reads the file called name, GGUF or the older form of llama.cpp. It
// returns an error for other files and for values that are not means of squares.
func ReadImatrix(name string) (_ *Imatrix, err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	f, err := mmap.OpenRegular(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var magic [4]byte
	if _, err := io.ReadFull(f, magic[:]); err != nil {
		return nil, fmt.Errorf("%s: not an importance matrix: %w", name, err)
	}
	m := &Imatrix{name: name, weights: map[string][]float32{}}
	if string(magic[:]) == "GGUF" {
		err = m.readGGUF(name)
	} else {
		err = m.readDat(name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: importance matrix: %w", name, err)
	}
	for tensor, w := range m.weights {
		if err := checkSquares(w); err != nil {
			return nil, fmt.Errorf("%s: importance matrix: tensor %q: %w", name, tensor, err)
		}
	}
	return m, nil
}

// checkSquares returns an error for values that are not sums of squares.
func checkSquares(x []float32) error {
	for i, v := range x {
		if !(v >= 0) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("value %d is %g", i, v)
		}
	}
	return nil
}

// readGGUF reads sums of squares and their counts, one for each expert.
func (m *Imatrix) readGGUF(name string) error {
	f, err := gguf.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if m.datasets, _, err = f.Strs("imatrix.datasets"); err != nil {
		return err
	}
	chunks, ok, err := f.Int("imatrix.chunk_count")
	if err != nil || !ok {
		return cmp.Or(err, fmt.Errorf("no key imatrix.chunk_count"))
	}
	m.chunks = int(min(max(chunks, 0), math.MaxInt32))
	return eachSums(f, func(tensor string, sums, counts []float32) error {
		m.weights[tensor] = mean(sums, counts)
		return nil
	})
}

// eachSums calls do with the sums of squares of each tensor, (experts, columns),
// and their counts, (experts,) or one for all.
func eachSums(f *gguf.File, do func(tensor string, sums, counts []float32) error) error {
	for i := range f.Tensors {
		tensor, ok := strings.CutSuffix(f.Tensors[i].Name, ".in_sum2")
		if !ok {
			continue
		}
		counts, ok := f.Tensor(tensor + ".counts")
		if !ok {
			return fmt.Errorf("tensor %q: no counts", tensor)
		}
		s, err := floats(f, &f.Tensors[i])
		if err != nil {
			return fmt.Errorf("tensor %q: %w", tensor, err)
		}
		n, err := floats(f, counts)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", tensor, err)
		}
		if len(n) == 0 || len(s)%len(n) != 0 {
			return fmt.Errorf("tensor %q: %d sums for %d counts", tensor, len(s), len(n))
		}
		if err := do(tensor, s, n); err != nil {
			return fmt.Errorf("tensor %q: %w", tensor, err)
		}
	}
	return nil
}

// mean returns sums divided by counts, and 1 where the count is 0.
func mean(sums, counts []float32) []float32 {
	cols := len(sums) / len(counts)
	for i := range sums {
		if c := counts[i/cols]; c > 0 {
			sums[i] /= c
		} else {
			sums[i] = 1
		}
	}
	return sums
}

// floats returns the elements of an F32 tensor.
func floats(f *gguf.File, t *gguf.Tensor) ([]float32, error) {
	if t.Type != quant.F32 {
		return nil, fmt.Errorf("type %v, want F32", t.Type)
	}
	data, err := f.Data(t)
	if err != nil {
		return nil, err
	}
	x := make([]float32, len(data)/4)
	quant.Dequantize(x, quant.F32, data)
	return x, nil
}
