package vision

// loadPixtral reads the projector of Pixtral: two matrices, and before them, where
// Merge × Merge patches become one row, a norm and a matrix.
func loadPixtral(l *loader, e *Encoder) {
	const first = "mm.1.weight"
	c := l.c
	t, ok := l.f.Tensor(first)
	switch {
	case !ok:
		l.bad(first, "missing")
	case len(t.Shape) != 2 || t.Shape[1] < 1 || t.Shape[1] > maxRow:
		l.bad(first, "shape %d, want (%d, the width of the text model)", t.Shape, c.Dim)
	case 2*c.kind.maxRows*int(t.Shape[1]) > maxRows:
		l.bad(first, "shape %d for %d rows of a picture, at most %d elements", t.Shape, 2*c.kind.maxRows, maxRows)
	}
	if l.err != nil {
		return
	}
	c.OutDim = int(t.Shape[1])
	e.w.MM1, e.w.MM2 = l.linear("mm.1", c.OutDim, c.Dim), l.linear("mm.2", c.OutDim, c.OutDim)
	e.w.Break = l.floats("v.token_embd.img_break", c.OutDim)
	if c.Merge > 1 || l.has("mm.patch_merger.weight") {
		e.w.ProjNorm = norm{W: l.floats("mm.input_norm.weight", c.Dim)}
		e.w.Merger = linear{W: l.matrix("mm.patch_merger.weight", c.Dim*c.Merge*c.Merge, c.Dim)}
	}
}

// pixtral returns MM2·gelu(MM1·x) of the patches, or of what Merger makes of the norms of
// Merge × Merge of them, line by line with Break between the lines.
func (e *Encoder) pixtral(x []float32) []float32 {
	c := e.Config
	if e.w.Merger.W != nil {
		x = e.merge(x)
	}
	columns, lines := e.columns/c.Merge, e.lines/c.Merge
	out := make([]float32, (columns*lines+lines-1)*c.OutDim)
	for y := 0; y < lines && e.ctx.Err() == nil; y++ {
		line := out[y*(columns+1)*c.OutDim:]
		e.hidden = grow(e.hidden, columns*c.OutDim)
		e.mul(e.hidden, x[y*columns*c.Dim:(y+1)*columns*c.Dim], &e.w.MM1)
		e.act("gelu", e.hidden, nil, c.OutDim)
		e.mul(line[:columns*c.OutDim], e.hidden, &e.w.MM2)
		if y < lines-1 {
			copy(line[columns*c.OutDim:], e.w.Break)
		}
	}
	return out
}

// merge returns Merger of the norms of Merge × Merge patches. In its input, elements of
// the same column of the tower follow each other.
func (e *Encoder) merge(x []float32) []float32 {
	c := e.Config
	m, columns := c.Merge, e.columns/c.Merge
	n, width := columns*(e.lines/m), c.Dim*m*m
	out := make([]float32, n*c.Dim)
	e.norm(x, x, e.w.ProjNorm)
	in := make([]float32, pieceRows*width)
	for lo := 0; lo < n && e.ctx.Err() == nil; lo += pieceRows {
		hi := min(lo+pieceRows, n)
		e.rows(hi-lo, func(_, i int) {
			at, dst := lo+i, row(in, i, width)
			for k := range m * m {
				patch := row(x, (at/columns*m+k/m)*e.columns+at%columns*m+k%m, c.Dim)
				for d, v := range patch {
					dst[d*m*m+k] = v
				}
			}
		})
		e.mul(out[lo*c.Dim:hi*c.Dim], in[:(hi-lo)*width], &e.w.Merger)
	}
	return out
}
