package vision

import (
	"context"
	"math"

	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

const (
	pieceRows = 256 // patches that are computed at once
	rowStep   = 8   // rows that a thread takes at once
	pageSize  = 256 // positions of a page of keys and values
	tileRows  = 32  // queries that share the reads of keys and values
)

// state is the state of the tower.
type state struct {
	ctx        context.Context
	kv         *simd.KV
	pages      [][]byte
	columns    int              // patches of a line of the picture
	lines      int              // of patches
	cos, sin   []float32        // (patches, head/2): of the rotation by line and column
	writers    []simd.KVWriter  // (threads,)
	attentions []simd.Attention // (threads,)

	q, att       []float32 // (patches, Dim)
	n, k, v      []float32 // (pieceRows, Dim)
	gate, hidden []float32 // (pieceRows, HiddenDim)
	ones         []float32 // (the longest row,)
}

// begin makes the memory that does not depend on the picture.
func (e *Encoder) begin() error {
	c := e.Config
	head := c.Dim / c.Heads
	kv, err := simd.NewKV(quant.F32, quant.F32, head, head, pageSize)
	if err != nil {
		return err
	}
	e.kv = kv
	e.writers = make([]simd.KVWriter, e.pool.Threads())
	e.attentions = make([]simd.Attention, e.pool.Threads())
	e.ones = make([]float32, max(c.HiddenDim, c.OutDim))
	for i := range e.ones {
		e.ones[i] = 1
	}
	return nil
}

// A job is a function as a [simd.Job].
type job func(worker, lo, hi int)

// Do runs it.
func (f job) Do(worker, lo, hi int) { f(worker, lo, hi) }

// rows runs f for the rows of a matrix with n rows, some at a time.
func (e *Encoder) rows(n int, f func(worker, row int)) {
	e.pool.Run(n, rowStep, job(func(worker, lo, hi int) {
		for i := lo; i < hi; i++ {
			f(worker, i)
		}
	}))
}

// mul sets every row of dst to W·x + Bias.
func (e *Encoder) mul(dst, x []float32, w *linear) {
	cols, rows := w.W.Cols(), w.W.Rows()
	e.acts.Set(x, len(x)/cols, cols)
	simd.MatMul(e.pool, &e.acts, simd.Product{Dst: dst, W: w.W})
	if w.Bias != nil {
		e.rows(len(dst)/rows, func(_, i int) { simd.Add(row(dst, i, rows), w.Bias) })
	}
}

// norm sets every row of dst to the layer norm of that of x.
func (e *Encoder) norm(dst, x []float32, w norm) {
	d := len(w.W)
	e.rows(len(x)/d, func(_, i int) {
		out := row(dst, i, d)
		if e.Config.kind.rms {
			simd.RMSNorm(out, row(x, i, d), w.W, e.Config.NormEps)
			return
		}
		simd.LayerNorm(out, row(x, i, d), w.W, e.Config.NormEps)
		if w.Bias != nil {
			simd.Add(out, w.Bias)
		}
	})
}

// act sets every row of x, n elements each, to an activation of it times the row of up,
// or times 1.
func (e *Encoder) act(name string, x, up []float32, n int) {
	e.rows(len(x)/n, func(_, i int) {
		h, by := row(x, i, n), e.ones[:n]
		if up != nil {
			by = row(up, i, n)
		}
		switch name {
		case "gelu":
			simd.GELUMul(h, h, by)
		case "silu":
			simd.SiLUMul(h, h, by)
		default:
			geluQuickMul(h, by)
		}
	})
}

// geluQuickMul sets every x to x·sigmoid(1.702·x)·up.
func geluQuickMul(x, up []float32) {
	for i, v := range x {
		x[i] = float32(v*simd.Sigmoid(1.702*v)) * up[i]
	}
}

// tower returns the residual stream of all patches, (patches, Dim), of the pixels of a
// picture, (3, height, width).
func (e *Encoder) tower(pixels []float32) []float32 {
	c, w := e.Config, &e.w
	n := e.columns * e.lines
	x := make([]float32, n*c.Dim)
	e.q, e.att = make([]float32, len(x)), make([]float32, len(x))
	defer func() { e.q, e.att, e.pages = nil, nil, nil }()
	e.makePages(n)
	e.patches(x, pixels)
	if c.kind.rope > 0 {
		e.angles()
	} else {
		simd.Add(x, w.PositionEmbd)
	}
	if w.PreLN.W != nil {
		e.norm(x, x, w.PreLN)
	}
	for i := range w.Blk {
		if e.ctx.Err() != nil {
			return x
		}
		b := &w.Blk[i]
		e.pieces(x, func(lo int, x []float32) { e.qkv(lo, x, b) })
		e.attend(n)
		e.pieces(x, func(lo int, x []float32) { e.afterAttention(lo, x, b) })
	}
	if w.PostLN.W != nil {
		e.norm(x, x, w.PostLN)
	}
	return x
}

// makePages makes the memory of keys and values of n patches.
func (e *Encoder) makePages(n int) {
	keys, values := e.kv.Bytes()
	for range (n + pageSize - 1) / pageSize {
		e.pages = append(e.pages, make([]byte, e.Config.Heads*(keys+values)))
	}
}

// pieces calls f for pieceRows rows of x at a time; lo is the first.
func (e *Encoder) pieces(x []float32, f func(lo int, x []float32)) {
	d := e.Config.Dim
	for lo := 0; lo < len(x)/d && e.ctx.Err() == nil; lo += pieceRows {
		f(lo, x[lo*d:min((lo+pieceRows)*d, len(x))])
	}
}

// patches sets x to PatchEmbd of the patches, row by row of the picture.
func (e *Encoder) patches(x, pixels []float32) {
	c := e.Config
	width := 3 * c.Patch * c.Patch
	in := make([]float32, pieceRows*width)
	e.pieces(x, func(lo int, x []float32) {
		n := len(x) / c.Dim
		e.rows(n, func(_, i int) { e.patch(row(in, i, width), pixels, lo+i) })
		e.mul(x, in[:n*width], &e.w.PatchEmbd)
	})
}

// patch sets dst, (3, Patch, Patch), to patch i.
func (e *Encoder) patch(dst, pixels []float32, i int) {
	p := e.Config.Patch
	top, left := i/e.columns*p, i%e.columns*p
	for k := range 3 {
		for y := range p {
			copy(dst[(k*p+y)*p:][:p], pixels[(k*e.lines*p+top+y)*e.columns*p+left:])
		}
	}
}

// qkv sets the queries of rows lo and on, and stores their keys and values.
func (e *Encoder) qkv(lo int, x []float32, b *blk) {
	c := e.Config
	e.n, e.k, e.v = grow(e.n, len(x)), grow(e.k, len(x)), grow(e.v, len(x))
	q := e.q[lo*c.Dim:][:len(x)]
	e.norm(e.n, x, b.LN1)
	e.mul(q, e.n, &b.AttnQ)
	e.mul(e.k, e.n, &b.AttnK)
	e.mul(e.v, e.n, &b.AttnV)
	head := c.Dim / c.Heads
	scale := float32(1 / math.Sqrt(float64(head)))
	e.rows(len(x)/c.Dim, func(worker, i int) {
		if c.kind.rope > 0 {
			e.rotate(row(q, i, c.Dim), lo+i)
			e.rotate(row(e.k, i, c.Dim), lo+i)
		}
		simd.Scale(row(q, i, c.Dim), scale)
		e.store(worker, lo+i, row(e.k, i, c.Dim), row(e.v, i, c.Dim))
	})
}

// store writes the keys and values of a patch.
func (e *Encoder) store(worker, pos int, k, v []float32) {
	head := e.Config.Dim / e.Config.Heads
	page := e.pages[pos/pageSize]
	for h := range e.Config.Heads {
		keys, values, end := e.at(h)
		e.writers[worker].Store(e.kv, page[keys:values], page[values:end], pos%pageSize, row(k, h, head), row(v, h, head))
	}
}

// at returns where the keys and the values of a head lie in a page.
func (e *Encoder) at(head int) (keys, values, end int) {
	k, v := e.kv.Bytes()
	keys = head * (k + v)
	return keys, keys + k, keys + k + v
}

// attend sets att to the attention of n patches, each of which sees all of them.
func (e *Encoder) attend(n int) {
	c := e.Config
	head := c.Dim / c.Heads
	tiles := (n + tileRows - 1) / tileRows
	e.pool.Run(tiles*c.Heads, 1, job(func(worker, lo, hi int) {
		a := &e.attentions[worker]
		for i := lo; i < hi; i++ {
			h, tile := i/tiles, i%tiles
			keys, values, _ := e.at(h)
			a.Start(e.kv, e.pages, keys, values)
			for r := tile * tileRows; r < min((tile+1)*tileRows, n); r++ {
				a.Add(row(row(e.att, r, c.Dim), h, head), row(row(e.q, r, c.Dim), h, head), simd.Span{End: n})
			}
			for a.Next() && e.ctx.Err() == nil {
			}
		}
	}))
}

// afterAttention adds the output of attention and of the feed-forward network to rows
// lo and on.
func (e *Encoder) afterAttention(lo int, x []float32, b *blk) {
	c := e.Config
	e.n = grow(e.n, len(x))
	e.hidden = grow(e.hidden, len(x)/c.Dim*c.HiddenDim)
	e.mul(e.n, e.att[lo*c.Dim:][:len(x)], &b.AttnOut)
	simd.Add(x, e.n)
	e.norm(e.n, x, b.LN2)
	e.mul(e.hidden, e.n, &b.FFNUp)
	if b.FFNGate.W != nil {
		e.gate = grow(e.gate, len(e.hidden))
		e.mul(e.gate, e.n, &b.FFNGate)
		e.act(c.Act, e.gate, e.hidden, c.HiddenDim)
		e.mul(e.n, e.gate, &b.FFNDown)
	} else {
		e.act(c.Act, e.hidden, nil, c.HiddenDim)
		e.mul(e.n, e.hidden, &b.FFNDown)
	}
	simd.Add(x, e.n)
}

// row returns row i of x, whose rows have n elements.
func row(x []float32, i, n int) []float32 { return x[i*n : (i+1)*n : (i+1)*n] }

// grow returns a slice of length n with unspecified content: s itself if its capacity
// suffices.
func grow(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
