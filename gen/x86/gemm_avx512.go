package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/querent-ai/chord/gen/layout"
)

// Gemm512 is the VNNI product, eight VPDPBUSD a token and block: of a few tokens
// with activations broadcast by the instruction itself, of more in pairs of
// tiles.
var Gemm512 = formats(func(f *File, t format) {
	switch {
	case t.Chunks() == 8:
		t.ahead = 2048
	case t.FifthBits() || t.Values != nil:
		t.ahead = 6144
	default:
		t.ahead = 4608
	}
	if t.Values != nil && !t.Halves() {
		t.offset = 128 // a record has that bias
	}
	f.gemm512(t)
})

// gemm5 is one file's functions in the making.
type gemm5 struct {
	f      *File
	t      format
	flip   Mem // nibbles: the mask of the low ones; bytes: their signs
	values Mem // of the table
	one    scaleBits
	bit5   *fifthBits
	fetch  fetcher
	fused  bool // multiply and add in one, against the canonical order

	// Constants in registers: flip, values, bit5; the mask of high nibbles, if
	// they are multiplied where they are; the mask of even bits, if there are two sums,
	// of these and of odd bits, which are doubled.
	k, table, spread, sixteen, high, bit0 reg.VecVirtual
	bit                                   [2]Op

	d reg.VecVirtual // the block's scales
}

// fewTokens is the most tokens whose products walk through one tile after the
// other: memory bounds them, and it is fastest read from one end to the other. Two
// sequences' tokens, Q4_0, take 1.9 times one's rate so and 1.7 in pairs of tiles;
// four on one core 3.1 and 3.7.
const fewTokens = 3

// gemm512 adds the products of a format with panels of every size.
func (f *File) gemm512(t format) {
	g := f.gemm5(t)
	for tokens := 1; tokens <= layout.AVX512.Panel32; tokens++ {
		if tokens <= fewTokens {
			g.few(tokens)
		} else {
			g.pairs(tokens)
		}
	}
}

// gemm5 adds the constants of a format's products.
func (f *File) gemm5(t format) *gemm5 {
	g := &gemm5{f: f, t: t}
	switch {
	case t.Bits > 0:
		g.flip = f.Const32("plane", t.planeMask())
	case t.Chunks() == 8:
		g.flip = f.Const32("sign", 0x80808080)
	default:
		g.flip = f.Const32("nibbles", 0x0f0f0f0f)
	}
	if t.Values != nil {
		g.values = t.values(f, t.offset)
	}
	g.one = f.scaleBits(t)
	if t.FifthBits() {
		g.bit5 = f.fifthBits()
	}
	return g
}

// few is the function for a few tokens.
func (g *gemm5) few(tokens int) {
	f, t := g.f, g.t
	a := f.gemmFunc(t, tokens)
	g.constants()
	g.high, g.bit0 = nil, nil
	if t.Bits == 1 {
		g.bit0 = f.ZMM()
		f.VPSRLD(U8(1), g.k, g.bit0)
	}
	if t.Chunks() == 4 && t.Values == nil && !t.FifthBits() && t.Bits == 0 {
		g.high = f.ZMM()
		f.VPSLLW(U8(4), g.k, g.high)
	}
	if t.FifthBits() {
		g.spread, g.sixteen = f.keep(g.bit5.spread[0]), f.keep(g.bit5.sixteen)
		g.bit = [2]Op{f.keep(g.bit5.bit[0]), f.keep(g.bit5.bit[1])}
	}
	acc := make(V, tokens)
	for i := range acc {
		acc[i] = f.ZMM()
	}
	block := func(w Mem, x record) {
		g.fetch = f.fetch(t, a.w, t.ahead, x.part)
		b := g.load(w, x.part)
		g.fetch.rest()
		for i := range acc {
			g.dots(b, x, i, acc[i])
		}
	}
	f.tileLoop(t, tokens, a, func() { f.Zero(acc) }, block, func(i int, dst Mem) { f.VMOVUPS(acc[i], dst) })
}

// constants loads what all blocks need.
func (g *gemm5) constants() {
	f, t := g.f, g.t
	g.k = f.keep(g.flip)
	if t.Values != nil {
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
// as unsigned bytes, of high nibbles sixteenfold where gemm5.high is set.
type block512 struct {
	q     [8]reg.VecVirtual
	d, dm reg.VecVirtual // scales, minima

	halves [2]reg.VecVirtual // scales of both halves, instead of d
}

// load loads a part of a block.
func (g *gemm5) load(w Mem, part int) block512 {
	f, b := g.f, block512{}
	quants := g.t.At("qs")
	for i := range b.q {
		b.q[i] = f.ZMM()
	}
	switch {
	case g.bit0 != nil:
		g.bits(w, part, b.q)
	case g.t.Bits > 0:
		g.planes(w, part, b.q)
	case g.t.Chunks() == 8:
		for c, q := range b.q {
			f.VPXORD(w.Offset(quants+64*c), g.k, q)
			g.fetch.line()
		}
	default:
		g.nibbles(w, part, b.q)
	}
	if part == 0 && !g.t.Halves() {
		g.d = f.ZMM()
		f.scales(g.t, w, 0, g.one, V{g.d})
	}
	b.d = g.d
	for h := range g.t.halves() {
		if g.t.Halves() {
			b.halves[h] = f.ZMM()
			f.scales(g.t, w, 2*part+h, g.one, V{b.halves[h]})
		}
	}
	if g.t.Minima() {
		b.dm = f.ZMM()
		f.VCVTPH2PS(w.Offset(g.t.At("m")), b.dm)
	}
	return b
}

// nibbles loads a block of nibbles, through the table or with their fifth bits.
func (g *gemm5) nibbles(w Mem, part int, q [8]reg.VecVirtual) {
	f := g.f
	if g.t.Halves() {
		for c := range q {
			g.values16(w, part, c, q[c])
		}
		return
	}
	quants := g.t.At("qs")
	for c := range 4 {
		if g.high != nil {
			f.VPANDD(w.Offset(quants+64*c), g.k, q[c])      // q[c] = w & 15
			f.VPANDD(w.Offset(quants+64*c), g.high, q[c+4]) // q[c+4] = w & 240
			g.fetch.line()
			continue
		}
		f.VMOVDQU32(w.Offset(quants+64*c), q[c+4])
		g.fetch.line()
		f.VPANDD(g.k, q[c+4], q[c]) // q[c] = w & 15
		f.VPSRLW(U8(4), q[c+4], q[c+4])
		f.VPANDD(g.k, q[c+4], q[c+4]) // q[c+4] = w >> 4
	}
	if g.t.Values != nil {
		for _, r := range q {
			f.VPSHUFB(r, g.table, r) // q = values[q]
		}
	}
	if !g.t.FifthBits() {
		return
	}
	qh, e := f.ZMM(), f.ZMM()
	f.VMOVDQU32(w.Offset(g.t.At("qh")), qh)
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
