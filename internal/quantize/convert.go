package quantize

import (
	"context"
	"io"
	"math"
	"sync/atomic"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// pieceElems is about the number of elements converted between two writes: enough
// work for all threads, little memory compared with the model.
const pieceElems = 4 << 20

// strip is the number of elements that a thread converts at a time, a multiple of
// every block; as float32 they fit in the first-level cache.
const strip = 4096

// A converter writes tensors in other types.
type converter struct {
	ctx      context.Context
	file     *gguf.File
	pool     *par.Pool
	progress func(done int64)
	done     int64
}

// write writes t.
func (c *converter) write(w io.Writer, t *Tensor) error {
	defer c.file.Drop(t.source)
	if t.From == t.To && len(t.deltas) == 0 {
		return c.copy(w, t.source)
	}
	data, err := c.file.Data(t.source)
	if err != nil {
		return err
	}
	cols := int(t.Shape[0])
	from, err := t.From.RowBytes(cols)
	if err != nil {
		return err
	}
	to, err := t.To.RowBytes(cols)
	if err != nil {
		return err
	}
	j := newRowJob(t, cols, from, to, c.pool.Threads())
	rows := len(data) / from
	step := max(pieceElems/cols, 1)
	out := &asyncWriter{w: w}
	defer out.wait()
	for lo := 0; lo < rows; lo += step {
		n := min(step, rows-lo)
		j.first, j.src = lo, data[lo*from:(lo+n)*from]
		j.dst = out.buffer(n * to)
		c.pool.Run(n, max(1, strip/cols), j)
		if bad := j.bad.Load(); bad != nil {
			return Fault(t.To, bad.at, int64(cols), bad.x)
		}
		if err := out.write(n * to); err != nil {
			return err
		}
		if err := c.step(int64(n * from)); err != nil {
			return err
		}
	}
	return out.wait()
}

// copyBytes is the number of bytes copied between two checks of the context.
const copyBytes = 1 << 20

// copy writes t unchanged.
func (c *converter) copy(w io.Writer, t *gguf.Tensor) error {
	r := c.file.Reader(t)
	for {
		n, err := io.CopyN(w, r, copyBytes)
		if err != nil && err != io.EOF {
			return err
		}
		if err := c.step(n); err != nil || n < copyBytes {
			return err
		}
	}
}

// step reports n more bytes done and returns the cause if the context has ended.
func (c *converter) step(n int64) error {
	c.done += n
	c.progress(c.done)
	return context.Cause(c.ctx)
}

// A rowJob converts rows of a piece of a tensor.
type rowJob struct {
	t        *Tensor
	cols     int
	from, to int // bytes of a row
	experts  int // rows of one expert
	first    int // number of the piece's first row
	src, dst []byte
	scratch  [][]float32 // of each worker
	products [][]float32 // likewise, for deltas
	bad      atomic.Pointer[fault]
}

// A fault is an element of a tensor that cannot be converted.
type fault struct {
	at int64
	x  float32
}

// newRowJob returns the job for t with scratch memory for threads workers.
func newRowJob(t *Tensor, cols, from, to, threads int) *rowJob {
	j := &rowJob{t: t, cols: cols, from: from, to: to, scratch: make([][]float32, threads)}
	for i := range j.scratch {
		j.scratch[i] = make([]float32, min(cols, strip))
	}
	if len(t.deltas) > 0 {
		for _, x := range j.scratch {
			j.products = append(j.products, make([]float32, len(x)))
		}
	}
	if len(t.Shape) > 1 {
		j.experts = int(t.Shape[1])
	}
	return j
}

// Do converts rows [lo, hi).
func (j *rowJob) Do(worker, lo, hi int) {
	for r := lo; r < hi; r++ {
		weights := j.t.weights
		if weights != nil {
			weights = weights[(j.first+r)/j.experts*j.cols:][:j.cols]
		}
		src, dst := j.src[r*j.from:(r+1)*j.from], j.dst[r*j.to:(r+1)*j.to]
		for at := 0; at < j.cols; at += strip {
			x := j.scratch[worker][:min(strip, j.cols-at)]
			n, m := size(j.t.From, len(x)), size(j.t.To, len(x))
			simd.Dequantize(x, j.t.From, src[:n])
			if len(j.t.deltas) > 0 {
				j.add(x, j.products[worker][:len(x)], j.first+r, at)
			}
			var w []float32
			if weights != nil {
				w = weights[at:][:len(x)]
			}
			if i := Narrow(dst[:m], j.t.To, x, w); i >= 0 {
				j.bad.CompareAndSwap(nil, &fault{int64(j.first+r)*int64(j.cols) + int64(at+i), x[i]})
				return
			}
			src, dst = src[n:], dst[m:]
		}
	}
}

// size returns the bytes of n elements of t, a multiple of its block.
func size(t quant.Type, n int) int { return n / t.BlockElems() * t.BlockBytes() }

// notFinite returns the index of the first infinity or NaN in x, -1 if there is
// none.
func notFinite(x []float32) int {
	var all uint32
	for _, v := range x {
		all |= math.Float32bits(v)&0x7fffffff + 0x00800000 // an exponent of all ones carries into the sign
	}
	if all>>31 == 0 {
		return -1
	}
	for i, v := range x {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return i
		}
	}
	return -1
}
