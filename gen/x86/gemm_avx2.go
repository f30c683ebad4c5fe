package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// GemmAVX2 is the product with VPMADDUBSW, or VPDPBUSD where File.VNNI says so:
// sixteen rows are two registers.
//
// Up to two tokens keep their float sums in registers, three and four on the
// stack: there is nothing to gain from fewer rows, since a broadcast then
// serves half as many products.
var GemmAVX2 = []Kernel{
	{"gemm_q4_0", func(f *File) { f.gemm256(q4_0.fetching(8192)) }},
	{"gemm_q4_1", func(f *File) { f.gemm256(q4_1.fetching(8192)) }},
	{"gemm_q5_0", func(f *File) { f.gemm256(q5_0.fetching(8192)) }},
	{"gemm_q5_1", func(f *File) { f.gemm256(q5_1.fetching(8192)) }},
	{"gemm_q8_0", func(f *File) { f.gemm256(q8_0.fetching(8192)) }},
	{"gemm_iq4_nl", func(f *File) { f.gemm256(iq4_nl.fetching(8192)) }},
	{"gemm_mxfp4", func(f *File) { f.gemm256(mxfp4.fetching(8192)) }},
}

// gemm2 is one file's functions in the making.
type gemm2 struct {
	f      *File
	t      format
	signed bool // weights stay signed: |w| times x with w's sign
	group  int  // VPMADDUBSW: so many sums of pairs fit int16

	flip, values, ones, one Mem
	fifths                  *fifthBits

	k, table reg.VecVirtual // flip and values in registers
	bit      [2]Op          // of fifths, in registers if there are enough
	sixteen  Op
	fetch    fetcher
	acc      []V // float sums in registers
	stack    Mem // or on the stack
}

// gemm256 adds the products of a format with 1 to 4 tokens.
func (f *File) gemm256(t format) {
	g := &gemm2{f: f, t: t, group: t.group()}
	g.signed = !f.VNNI && g.group == 0
	switch {
	case t.chunks == 4:
		g.flip = f.Const32("nibbles", 0x0f0f0f0f)
	case f.VNNI:
		g.flip = f.Const32("sign", 0x80808080)
	}
	if !f.VNNI {
		g.ones = f.Const32("ones", 0x00010001)
	}
	if t.table != nil && g.signed {
		g.values = t.values(f, 0)
	} else if t.table != nil {
		g.values = t.values(f, t.offset)
	}
	if t.scale == 1 {
		g.one = f.Const32("one", 1)
	}
	if t.fifth {
		g.fifths = f.fifthBits()
	}
	for tokens := 1; tokens <= 4; tokens++ {
		g.gemm(tokens)
	}
}

// group is how many products of pairs with unsigned quants fit int16 together,
// a power of two: with 15, 8·15·127·2 = 30480. 0 is none.
func (t format) group() int {
	most := 15
	switch {
	case t.chunks == 8:
		most = 255
	case t.fifth:
		most = 31
	case t.table != nil:
		for _, v := range t.table {
			most = max(most, int(v)+t.offset)
		}
	}
	n := 8
	for n > 0 && n*most*127*2 > 32767 {
		n /= 2
	}
	return n
}

// gemm is one function.
func (g *gemm2) gemm(tokens int) {
	f := g.f
	a := g.start(tokens)
	if g.t.chunks == 4 || g.f.VNNI {
		g.k = f.YMM()
		f.VMOVDQU(g.flip, g.k)
	}
	if g.t.table != nil {
		g.table = f.YMM()
		f.VMOVDQU(g.values, g.table)
	}
	if b := g.fifths; b != nil {
		g.bit, g.sixteen = [2]Op{g.keep(b.bit[0], tokens), g.keep(b.bit[1], tokens)}, g.keep(b.sixteen, tokens)
	}
	block := func(w Mem, x record) {
		g.fetch = fetcher{f: f, w: a.w, bytes: g.t.bytes()}
		if tokens == 1 {
			g.fetch.ahead = g.t.ahead
		}
		for _, p := range g.parts(tokens) {
			g.part(p, w, x)
		}
		g.fetch.rest()
	}
	f.tileLoop(g.t, tokens, a, func() { g.clear(tokens) }, block, g.store)
}

// keep loads a constant if so many tokens leave registers free.
func (g *gemm2) keep(m Mem, tokens int) Op {
	if tokens > 2 && !g.f.VNNI {
		return m
	}
	r := g.f.YMM()
	g.f.VMOVDQU(m, r)
	return r
}

// start begins a function and says where the float sums live.
func (g *gemm2) start(tokens int) gemmArgs {
	a := g.f.gemmFunc(g.t, tokens)
	g.acc = nil
	if tokens > 2 {
		g.stack = g.f.AllocLocal(64 * tokens)
		return a
	}
	for range tokens {
		g.acc = append(g.acc, g.f.V())
	}
	return a
}

// clear zeroes the float sums.
func (g *gemm2) clear(tokens int) {
	f := g.f
	if g.acc != nil {
		for _, v := range g.acc {
			f.Zero(v)
		}
		return
	}
	z := f.V()[:1]
	f.Zero(z)
	for i := range 2 * tokens {
		f.VMOVUPS(z[0], g.stack.Offset(32*i))
	}
}

// store writes token i's results.
func (g *gemm2) store(i int, dst Mem) {
	f := g.f
	if g.acc != nil {
		f.StoreV(g.acc[i], dst)
		return
	}
	v := f.V()
	f.LoadV(g.stack.Offset(64*i), v)
	f.StoreV(v, dst)
}
