package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/querent-ai/chord/gen/layout"
)

// GemmAVX2 is the product with VPMADDUBSW, or VPDPBUSD where File.VNNI says so:
// sixteen rows are two registers.
//
// Up to two tokens keep their float sums in registers, three and four on the
// stack: there is nothing to gain from fewer rows, since a broadcast then
// serves half as many products.
var GemmAVX2 = formats(func(f *File, t format) {
	t.ahead = 8192
	f.gemm256(t)
})

// gemm2 is one file's functions in the making.
type gemm2 struct {
	f      *File
	t      format
	signed bool // weights stay signed: |w| times x with w's sign
	group  int  // VPMADDUBSW: how many sums of pairs fit int16

	flip, values, ones Mem
	one                scaleBits
	bit5               *fifthBits

	k, table reg.VecVirtual // flip and values in registers
	bit      [2]Op          // of bit5, in registers if there are enough
	sixteen  Op
	fetch    fetcher
	acc      []V // float sums in registers
	stack    Mem // or on the stack
}

// gemm256 adds the products of a format with panels of every size.
func (f *File) gemm256(t format) {
	g := &gemm2{f: f, t: t, group: t.group()}
	g.signed = !f.VNNI && g.group == 0
	switch {
	case t.Bits > 0:
		g.flip = f.Const32("plane", t.planeMask())
	case t.Chunks() == 4:
		g.flip = f.Const32("nibbles", 0x0f0f0f0f)
	case f.VNNI:
		g.flip = f.Const32("sign", 0x80808080)
	}
	if !f.VNNI {
		g.ones = f.Const32("ones", 0x00010001)
	}
	if t.Values != nil && g.signed {
		g.values = t.values(f, 0)
	} else if t.Values != nil {
		g.values = t.values(f, t.offset)
	}
	g.one = f.scaleBits(t)
	if t.FifthBits() {
		g.bit5 = f.fifthBits()
	}
	for tokens := 1; tokens <= layout.AVX2.Panel32; tokens++ {
		g.gemm(tokens)
	}
}

// group is how many products of pairs with unsigned quants fit int16 together,
// a power of two: with 15, 8·15·127·2 = 30480. 0 is none.
func (t format) group() int {
	n := 8
	for n > 0 && n*(t.Most+t.offset)*127*2 > 32767 {
		n /= 2
	}
	return n
}

// gemm is one function.
func (g *gemm2) gemm(tokens int) {
	f := g.f
	a := g.start(tokens)
	if g.t.Chunks() == 4 || g.t.Bits > 0 || g.f.VNNI {
		g.k = f.YMM()
		f.VMOVDQU(g.flip, g.k)
	}
	if g.t.Values != nil {
		g.table = f.YMM()
		f.VMOVDQU(g.values, g.table)
	}
	if b := g.bit5; b != nil {
		g.bit, g.sixteen = [2]Op{g.keep(b.bit[0], tokens), g.keep(b.bit[1], tokens)}, g.keep(b.sixteen, tokens)
	}
	block := func(w Mem, x record) {
		ahead := 0
		if tokens == 1 {
			ahead = g.t.ahead
		}
		g.fetch = f.fetch(g.t, a.w, ahead, x.part)
		for _, p := range g.parts(tokens) {
			g.part(p, w, x)
		}
		g.fetch.rest()
	}
	f.tileLoop(g.t, tokens, a, func() { g.clear(tokens) }, block, g.store)
}

// keep loads a constant if the sums of the tokens leave registers free.
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
