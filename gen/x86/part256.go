package x86

import . "github.com/mmcloughlin/avo/operand"

// A part is the rows that are worked on at once: halves lo to lo+n of two.
type part struct{ lo, n int }

// parts are all the rows where sixteen registers hold the sums of two halves,
// else one half after the other. (One token's MXFP4 from memory, avx2: 94 % of a
// plain read at once, 80 % in halves.)
func (g *gemm2) parts(tokens int) []part {
	if !g.t.FifthBits() && (g.f.VNNI || g.group == 8 || tokens == 1) || g.t.Chunks() == 8 {
		return []part{{0, 2}}
	}
	return []part{{0, 1}, {1, 1}}
}

// V returns fresh registers for the rows of p.
func (p part) V(f *File) V { return f.V()[:p.n] }

// load loads p's share of 64 bytes.
func (p part) load(f *File, m Mem, v V) {
	for h, r := range v {
		f.VMOVDQU(m.Offset(32*(p.lo+h)), r)
	}
}

// part does one part of a block.
func (g *gemm2) part(p part, w Mem, x record) {
	if g.t.Bits > 0 {
		g.planes(p, w, x)
		return
	}
	if g.t.Halves() {
		g.halves(p, w, x)
		return
	}
	f := g.f
	quants := g.t.At("qs")
	s := g.sums(p, x)
	low5, high5 := p.V(f), p.V(f)
	for c := range g.t.Chunks() {
		g.fetch.line()
		q := p.V(f)
		if g.t.Chunks() == 8 {
			p.load(f, w.Offset(quants+64*c), q)
			if g.f.VNNI {
				g.flipSigns(q)
			}
			s.dot(q, c)
			continue
		}
		if g.t.FifthBits() && c%2 == 0 {
			g.spread(p, w, c/2, low5)
			g.spread(p, w, c/2+2, high5)
		}
		high := p.V(f)
		p.load(f, w.Offset(quants+64*c), high)
		for h := range q {
			f.VPAND(g.k, high[h], q[h]) // q = w & 15
		}
		g.finish(q, low5, c)
		s.dot(q, c)
		for _, r := range high {
			f.VPSRLW(U8(4), r, r)
			f.VPAND(g.k, r, r) // q = w >> 4
		}
		g.finish(high, high5, c)
		s.dot(high, c+4)
	}
	s.add(w)
}

// flipSigns makes signed bytes unsigned, 128 too large.
func (g *gemm2) flipSigns(q V) {
	for _, r := range q {
		g.f.VPXOR(g.k, r, r)
	}
}

// spread copies byte j of every row's fifth bits to four bytes.
func (g *gemm2) spread(p part, w Mem, j int, e V) {
	p.load(g.f, w.Offset(g.t.At("qh")), e)
	for _, r := range e {
		g.f.VPSHUFB(g.bit5.spread[j], r, r)
	}
}

// finish makes quants of nibbles, with the fifth bits of chunk c in e.
func (g *gemm2) finish(q, e V, c int) {
	f := g.f
	for h, r := range q {
		if g.t.Values != nil {
			f.VPSHUFB(r, g.table, r) // q = values[q]
		}
		if g.t.FifthBits() {
			b := f.YMM()
			f.VPAND(g.bit[c%2], e[h], b)
			f.VPCMPEQB(g.bit[c%2], b, b)
			f.VPAND(g.sixteen, b, b)
			f.VPADDB(b, r, r) // q += 16 * fifth bit
		}
	}
}
