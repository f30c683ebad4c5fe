package llama

import "github.com/querent-ai/chord/simd"

// shortConv is the mixer [MixShortConv].
type shortConv struct {
	In   linear // shortconv.in_proj, (3·Dim, Dim): gate of the input, gate of the output, input
	Conv convWeights
	Out  linear // shortconv.out_proj, (Dim, Dim)
}

// shortConv reads the mixer of a layer.
func (l *loader) shortConv(prefix string) *shortConv {
	dim := l.c.Dim
	return &shortConv{
		In:   l.linear(prefix+"shortconv.in_proj", 3*dim, dim),
		Conv: l.conv(prefix + "shortconv.conv"),
		Out:  l.linear(prefix+"shortconv.out_proj", dim, dim),
	}
}

// bytes returns the size of the matrices.
func (s *shortConv) bytes() int64 { return s.In.bytes() + s.Out.bytes() }

// shortConv sets every row of dst to Out·(c * conv(b * x)), with b, c and x of In·n.
func (p *pass) shortConv(dst, n []float32, layer int, w *shortConv) {
	r := &p.recurrence
	r.bcx, r.in, r.conv = grow(r.bcx, 3*len(n)), grow(r.in, len(n)), grow(r.conv, len(n))
	p.mul(n, product{r.bcx, &w.In})
	rows := len(p.tokenOf)
	if p.ok() {
		p.pool.Run(rows, rowStep, (*convInJob)(p))
	}
	p.convolve(layer, &w.Conv)
	if p.ok() {
		p.pool.Run(rows, rowStep, (*convOutJob)(p))
	}
	p.mul(r.conv, product{dst, &w.Out})
}

type convInJob pass

// Do sets in to b * x.
func (p *convInJob) Do(_, lo, hi int) {
	r, dim := &p.recurrence, p.c.Dim
	for i := lo; i < hi; i++ {
		bcx, in := row(r.bcx, i, 3*dim), row(r.in, i, dim)
		clear(in)
		simd.MulAdd(in, bcx[:dim], bcx[2*dim:])
	}
}

type convOutJob pass

// Do multiplies conv by c.
func (p *convOutJob) Do(_, lo, hi int) {
	r, dim := &p.recurrence, p.c.Dim
	for i := lo; i < hi; i++ {
		conv, in := row(r.conv, i, dim), row(r.in, i, dim)
		copy(in, conv)
		clear(conv)
		simd.MulAdd(conv, in, row(r.bcx, i, 3*dim)[dim:2*dim])
	}
}
