package quantize

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"runtime/debug"
	"slices"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/quant"
)

// AddFile adds the sums of an importance matrix in GGUF form. The older form
// has no sums, only means.
func (c *Collector) AddFile(name string) (err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	f, err := gguf.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	datasets, _, err := f.Strs("imatrix.datasets")
	if err != nil {
		return err
	}
	before := len(c.entries)
	if err := eachSums(f, c.addSums); err != nil {
		return fmt.Errorf("%s: importance matrix: %w", name, err)
	}
	if len(c.entries) == before && before == 0 {
		return fmt.Errorf("%s: not an importance matrix", name)
	}
	c.datasets = append(c.datasets, datasets...)
	return nil
}

// addSums adds to a tensor's sums and counts.
func (c *Collector) addSums(tensor string, squares, counts []float32) error {
	if err := cmp.Or(checkSquares(squares), checkSquares(counts)); err != nil {
		return err
	}
	e := c.entries[tensor]
	if e == nil {
		e = &sums{make([]float64, len(squares)), make([]float64, len(counts))}
		c.entries[tensor] = e
	}
	if len(counts) == 1 {
		counts = slices.Repeat(counts, len(e.counts))
	}
	if err := e.fit(len(squares), len(counts)); err != nil {
		return err
	}
	for i, v := range squares {
		e.squares[i] += float64(v)
	}
	for i, v := range counts {
		e.counts[i] += float64(v)
	}
	return nil
}

// Chunks returns the number of chunks of the tensor with the most rows.
func (c *Collector) Chunks() int {
	most := 0.0
	for _, e := range c.entries {
		most = max(most, slices.Max(e.counts))
	}
	return int(min(most/float64(c.ChunkSize), math.MaxInt32))
}

// Write writes the importance matrix as llama-imatrix does: for each tensor, in
// order of name, the sums of squares and the number of rows.
func (c *Collector) Write(w io.Writer) error {
	if c.err != nil {
		return c.err
	}
	kv := []gguf.KV{
		{Key: "general.type", Value: "imatrix"},
		{Key: "imatrix.datasets", Value: append([]string{}, c.datasets...)},
		{Key: "imatrix.chunk_count", Value: uint32(c.Chunks())},
		{Key: "imatrix.chunk_size", Value: uint32(c.ChunkSize)},
	}
	var tensors []gguf.WriteTensor
	for _, name := range slices.Sorted(maps.Keys(c.entries)) {
		e := c.entries[name]
		n := len(e.counts)
		tensors = append(tensors,
			floatTensor(name+".in_sum2", e.squares, len(e.squares)/n, n),
			floatTensor(name+".counts", e.counts, 1, n))
	}
	return gguf.Write(w, kv, tensors)
}

// floatTensor returns x as an F32 tensor, (rows, cols). A single row is a vector,
// as in files of ggml.
func floatTensor(name string, x []float64, cols, rows int) gguf.WriteTensor {
	shape := []uint64{uint64(cols), uint64(rows)}
	if rows == 1 {
		shape = shape[:1]
	}
	return gguf.WriteTensor{Name: name, Type: quant.F32, Shape: shape, Data: func(w io.Writer) error {
		b := make([]byte, 0, 4*len(x))
		for _, v := range x {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
		}
		_, err := w.Write(b)
		return err
	}}
}
