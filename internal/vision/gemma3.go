package vision

import (
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// loadGemma3 reads the projector of Gemma 3: a norm and a matrix, which the file has
// transposed.
func loadGemma3(l *loader, e *Encoder) {
	const name = "mm.input_projection.weight"
	c := l.c
	e.w.ProjNorm = norm{W: l.floats("mm.soft_emb_norm.weight", c.Dim)}
	t, ok := l.f.Tensor(name)
	switch {
	case !ok:
		l.bad(name, "missing")
	case len(t.Shape) != 2 || t.Shape[0] < 1 || t.Shape[0] > maxRow:
		l.bad(name, "shape %d, want (%d, the width of the text model)", t.Shape, c.Dim)
	}
	if l.err != nil {
		return
	}
	if c.OutDim = int(t.Shape[0]); c.Rows(0, 0)*c.OutDim > maxRows {
		l.bad(name, "shape %d for %d rows of a picture, at most %d elements", t.Shape, c.Rows(0, 0), maxRows)
		return
	}
	x := l.floats(name, c.OutDim, c.Dim)
	if l.err == nil {
		e.w.Proj.W = l.packed(name, quant.Matrix{Type: quant.F32, Rows: c.OutDim, Cols: c.Dim, Data: transposed(x, c.Dim, c.OutDim)})
	}
}

// transposed returns the bytes of the transpose of x, (rows, cols).
func transposed(x []float32, rows, cols int) []byte {
	b := make([]byte, 0, 4*len(x))
	for j := range cols {
		for i := range rows {
			b = appendFloat(b, x[i*cols+j])
		}
	}
	return b
}

// gemma3 returns Proj of the norms of the means of squares of Merge × Merge patches.
func (e *Encoder) gemma3(x []float32) []float32 {
	c := e.Config
	side := e.columns / c.Merge
	n := make([]float32, side*side*c.Dim)
	e.rows(side*side, func(_, i int) {
		mean := row(n, i, c.Dim)
		e.mean(mean, x, i/side*c.Merge, i%side*c.Merge)
		simd.RMSNorm(mean, mean, e.w.ProjNorm.W, c.NormEps)
	})
	out := make([]float32, side*side*c.OutDim)
	for lo := 0; lo < side*side && e.ctx.Err() == nil; lo += pieceRows {
		hi := min(lo+pieceRows, side*side)
		e.mul(out[lo*c.OutDim:hi*c.OutDim], n[lo*c.Dim:hi*c.Dim], &e.w.Proj)
	}
	return out
}

// mean sets dst to the mean of the square of patches that begins at a row and a column.
func (e *Encoder) mean(dst, x []float32, top, left int) {
	c := e.Config
	for y := range c.Merge {
		for k := range c.Merge {
			simd.Add(dst, row(x, (top+y)*e.columns+left+k, c.Dim))
		}
	}
	area := float32(c.Merge * c.Merge)
	for i := range dst {
		dst[i] /= area
	}
}
