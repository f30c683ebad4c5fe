package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Gemm512 is the VNNI product, eight VPDPBUSD a token and block: of one token
// with activations broadcast by the instruction itself, of more in pairs of
// tiles.
var Gemm512 = []Kernel{
	{"gemm_q4_0", func(f *File) { f.gemm512(q4_0.fetching(4)) }},
	{"gemm_q4_1", func(f *File) { f.gemm512(q4_1.fetching(5)) }},
	{"gemm_q5_0", func(f *File) { f.gemm512(q5_0.fetching(6)) }},
	{"gemm_q5_1", func(f *File) { f.gemm512(q5_1.fetching(6)) }},
	{"gemm_q8_0", func(f *File) { f.gemm512(q8_0) }},
	{"gemm_iq4_nl", func(f *File) { f.gemm512(iq4_nl.fetching(4)) }},
	{"gemm_mxfp4", func(f *File) { f.gemm512(mxfp4.over(128).fetching(4)) }},
}

// gemm5 is one file's functions in the making.
type gemm5 struct {
	f      *File
	t      format
	flip   Mem // nibbles: the mask of the low ones; bytes: their signs
	values Mem // of the table
	one    Mem
	fifths *fifthBits
	fused  bool // multiply and add in one, against the canonical order

	// Constants in registers: flip, values, fifths.
	k, table, spread, sixteen reg.VecVirtual
	bit                       [2]Op
}

// gemm512 adds the products of a format with 1 to 8 tokens.
func (f *File) gemm512(t format) {
	g := f.gemm5(t)
	g.one512()
	for tokens := 2; tokens <= 8; tokens++ {
		g.pairs(tokens)
	}
}

// gemm5 adds the constants of a format's products.
func (f *File) gemm5(t format) *gemm5 {
	g := &gemm5{f: f, t: t}
	if t.chunks == 8 {
		g.flip = f.Const32("sign", 0x80808080)
	} else {
		g.flip = f.Const32("nibbles", 0x0f0f0f0f)
	}
	if t.table != nil {
		g.values = t.values(f, t.offset)
	}
	if t.scale == 1 {
		g.one = f.Const32("one", 1)
	}
	if t.fifth {
		g.fifths = f.fifthBits()
	}
	return g
}

// one512 is the function for one token.
func (g *gemm5) one512() {
	f, t := g.f, g.t
	a := f.gemmFunc(t, 1)
	g.constants()
	if t.fifth {
		g.spread, g.sixteen = f.keep(g.fifths.spread[0]), f.keep(g.fifths.sixteen)
		g.bit = [2]Op{f.keep(g.fifths.bit[0]), f.keep(g.fifths.bit[1])}
	}
	acc := f.ZMM()
	block := func(w Mem, x record) { g.dots(g.load(w), x, acc) }
	f.tileLoop(t, 1, a, func() { f.Zero(V{acc}) }, block, func(_ int, dst Mem) { f.VMOVUPS(acc, dst) })
}

// constants loads what all blocks need.
func (g *gemm5) constants() {
	f, t := g.f, g.t
	g.k = f.keep(g.flip)
	if t.table != nil {
		g.table = f.keep(g.values)
	}
}

// keep loads a constant.
func (f *File) keep(m Mem) reg.VecVirtual {
	r := f.ZMM()
	f.VMOVDQU32(m, r)
	return r
}

// A block512 is a block in registers: q[c] has columns 4c to 4c+3 of each row,
// as unsigned bytes.
type block512 struct {
	q     [8]reg.VecVirtual
	d, dm reg.VecVirtual // scales, minima
}

// load loads a block.
func (g *gemm5) load(w Mem) block512 {
	f, b := g.f, block512{}
	minima, _, quants := g.t.header()
	for i := range b.q {
		b.q[i] = f.ZMM()
	}
	if g.t.chunks == 8 {
		for c, q := range b.q {
			f.VPXORD(w.Offset(quants+64*c), g.k, q)
		}
	} else {
		g.nibbles(w, b.q)
	}
	b.d = f.ZMM()
	f.scales(g.t, w, g.one, V{b.d})
	if g.t.min {
		b.dm = f.ZMM()
		f.VCVTPH2PS(w.Offset(minima), b.dm)
	}
	return b
}

// nibbles loads a block of nibbles, through the table or with their fifth bits.
func (g *gemm5) nibbles(w Mem, q [8]reg.VecVirtual) {
	f := g.f
	_, fifths, quants := g.t.header()
	for c := range 4 {
		f.VMOVDQU32(w.Offset(quants+64*c), q[c+4])
		f.VPANDD(g.k, q[c+4], q[c]) // q[c] = w & 15
		f.VPSRLW(U8(4), q[c+4], q[c+4])
		f.VPANDD(g.k, q[c+4], q[c+4]) // q[c+4] = w >> 4
	}
	if g.t.table != nil {
		for _, r := range q {
			f.VPSHUFB(r, g.table, r) // q = values[q]
		}
	}
	if !g.t.fifth {
		return
	}
	qh, e := f.ZMM(), f.ZMM()
	f.VMOVDQU32(w.Offset(fifths), qh)
	for c, r := range q {
		if c%2 == 0 {
			f.VPSHUFB(g.spread, qh, e)
			f.VPSRLD(U8(8), qh, qh)
		}
		k := f.K()
		f.VPTESTMB(g.bit[c%2], e, k)
		f.VPADDB(g.sixteen, r, k, r) // q += 16 * fifth bit
	}
}
