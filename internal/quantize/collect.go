package quantize

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
)

// A Collector makes an importance matrix from the inputs of a model's matrices.
type Collector struct {
	ChunkSize int  // tokens of a chunk; the file has the number of chunks
	Output    bool // include output.weight, not only the matrices of layers

	file     *gguf.File
	datasets []string
	entries  map[string]*sums
	err      error // of Observe, the first
}

// sums are the sums of one tensor.
type sums struct {
	squares []float64 // (experts, columns): sums of squares
	counts  []float64 // (experts,), or one for all: rows
}

// NewCollector returns a collector for the model in f. If f is nil it can only add
// files.
func NewCollector(f *gguf.File, chunkSize int) *Collector {
	return &Collector{file: f, ChunkSize: chunkSize, entries: map[string]*sums{}}
}

// Observe adds the rows of x, inputs of the expert's matrix in the tensor; it is a
// [llama.Observer]. Errors are returned by Err.
func (c *Collector) Observe(tensor string, expert int, x []float32) {
	if c.err != nil || !strings.HasPrefix(tensor, "blk.") && !(c.Output && tensor == "output.weight") {
		return
	}
	e, cols := c.entry(tensor)
	if e == nil {
		return
	}
	into := e.squares[expert*cols:][:cols]
	for ; len(x) > 0; x = x[cols:] {
		for i, v := range x[:cols] {
			into[i] += float64(v) * float64(v)
		}
		e.counts[expert]++
	}
	for i, v := range into {
		if math.IsNaN(v) || v > math.MaxFloat32 {
			c.err = fmt.Errorf("quantize: tensor %q: expert %d, column %d: the sum of squares is %g", tensor, expert, i, v)
			return
		}
	}
}

// entry returns the sums of a tensor of the file and its number of columns.
func (c *Collector) entry(tensor string) (e *sums, cols int) {
	t, ok := c.file.Tensor(tensor)
	if !ok || len(t.Shape) < 2 {
		c.err = fmt.Errorf("quantize: tensor %q: not a matrix of the file", tensor)
		return nil, 0
	}
	cols, experts := int(t.Shape[0]), 1
	if len(t.Shape) > 2 {
		experts = int(t.Shape[2])
	}
	e = c.entries[tensor]
	if e == nil {
		e = &sums{make([]float64, experts*cols), make([]float64, experts)}
		c.entries[tensor] = e
	}
	if err := e.fit(experts*cols, experts); err != nil {
		c.err = fmt.Errorf("quantize: tensor %q: %w", tensor, err)
		return nil, 0
	}
	return e, cols
}

// fit returns an error unless e has these numbers of squares and counts. The single
// count of older files is repeated for every expert.
func (e *sums) fit(squares, counts int) error {
	if len(e.counts) == 1 && counts > 1 {
		e.counts = slices.Repeat(e.counts, counts)
	}
	if len(e.squares) != squares || len(e.counts) != counts {
		return fmt.Errorf("%d sums and %d counts, want %d and %d", len(e.squares), len(e.counts), squares, counts)
	}
	return nil
}

// Err returns the first error of Observe.
func (c *Collector) Err() error { return c.err }

// AddDataset adds the name of a text from which rows are.
func (c *Collector) AddDataset(name string) { c.datasets = append(c.datasets, name) }
