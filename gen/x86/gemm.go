package x86

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/querent-ai/chord/gen/layout"
)

// record addresses token t of a panel's record: dword c of its quants, its
// scale and its biases, -8·Σx and -128·Σx.
type record struct {
	base   reg.GPVirtual
	tokens int
	part   int // of the weights' block, whose records follow each other from base on
	half   int // of the part
}

// group counts the halves of a block.
func (r record) group() int { return 2*r.part + r.half }

func (r record) quants(t, c int) Mem { return r.at(32*t + 4*c) }
func (r record) scale(t int) Mem     { return r.at(32*r.tokens + 4*t) }
func (r record) bias(t int) Mem      { return r.at(36*r.tokens + 4*t) }
func (r record) bias128(t int) Mem   { return r.at(40*r.tokens + 4*t) }
func (r record) at(off int) Mem      { return Mem{Base: r.base, Disp: r.part*r.bytes() + off} }
func (r record) bytes() int          { return r.tokens * layout.Record32 }

// gemmArgs are the arguments of a product, in registers.
type gemmArgs struct {
	dst, stride, w, acts, blocks, tiles reg.GPVirtual
}

// gemmFunc starts the function that multiplies tiles of sixteen rows with a
// panel of tokens.
func (f *File) gemmFunc(t format, tokens int) gemmArgs {
	return f.productFunc(t.Name, tokens, "for b < blocks { "+t.loop()+" }")
}

// productFunc is gemmFunc of any type; loop is what a row does, in Go.
func (f *File) productFunc(name string, tokens int, loop string) gemmArgs {
	f.Func(fmt.Sprintf("Gemm%sx%d", name, tokens),
		"func(dst *float32, stride int, w, acts *byte, blocks, tiles int)",
		fmt.Sprintf("Gemm%sx%d multiplies tiles of 16 interleaved rows with a panel of %d tokens:", name, tokens, tokens),
		"",
		"\tfor tile, token t, row r {",
		"\t\tacc = 0",
		"\t\t"+loop,
		"\t\tdst[t*stride+16*tile+r] = acc",
		"\t}")
	a := gemmArgs{f.Arg("dst"), f.Arg("stride"), f.Arg("w"), f.Arg("acts"), f.Arg("blocks"), f.Arg("tiles")}
	f.SHLQ(U8(2), a.stride)
	return a
}

// loop is what a block does, in Go.
func (t format) loop() string {
	if t.Halves() {
		return fmt.Sprintf("for every 16 of %d columns { acc += float32(Σ q*x) * (dw*dx) }", t.Columns)
	}
	if t.Parts() > 1 {
		return fmt.Sprintf("for every 32 of %d columns { acc += float32(Σ q*x) * (dw*dx) }", t.Columns)
	}
	if t.Minima() {
		return "acc += float32(Σ q*x) * (dw*dx); acc += float32(Σ x) * (m*dx)"
	}
	return "acc += float32(Σ q*x) * (dw*dx)"
}

// tileLoop runs block for every part of every block of every tile, with its record,
// and store after a tile's last; store gets the address of each token's results.
func (f *File) tileLoop(t format, tokens int, a gemmArgs, start func(), block func(w Mem, x record), store func(t int, dst Mem)) {
	x, n, d := f.GP64(), f.GP64(), f.GP64()
	f.Loop("tile", a.tiles, func() {
		start()
		f.MOVQ(a.acts, x)
		f.MOVQ(a.blocks, n)
		f.Loop("block", n, func() {
			r := record{base: x, tokens: tokens}
			for r.part = range t.Parts() {
				block(Mem{Base: a.w}, r)
			}
			f.ADDQ(U32(uint32(t.TileBytes())), a.w)
			f.ADDQ(U32(uint32(t.Parts()*r.bytes())), x)
		})
		f.MOVQ(a.dst, d)
		for i := range tokens {
			store(i, Mem{Base: d})
			if i+1 < tokens {
				f.ADDQ(a.stride, d)
			}
		}
		f.ADDQ(U8(64), a.dst)
	})
	f.End()
}
