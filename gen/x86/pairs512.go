package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pairs512 is a product in the making that works on two tiles at a time, so that
// a broadcast of activations serves 32 rows: with one tile the two loads a cycle
// bound the products, not the multiplier (of its peak, Zen 5: Q4_0 71 %, Q8_0
// 66 % with one tile; both 74 % with two).
//
// The last tile of an odd number is done twice at once, with the same results.
type pairs512 struct {
	*gemm5
	tokens int
	a      gemmArgs

	next, right reg.GPVirtual    // bytes from a tile to the pair's other one; from its results
	tile        reg.GPVirtual    // bytes of a tile
	ahead       [2]reg.GPVirtual // what is fetched of both tiles is pairAhead behind these
	sums        [][2]reg.VecVirtual
	acc         [][2]reg.VecVirtual // float sums; nil: on the stack
	stack       Mem                 // there they are, of tile h and token t at place h*tokens+t-kept
	kept        int
}

// pairs is the function for more than a few tokens.
func (g *gemm5) pairs(tokens int) {
	f := g.f
	p := &pairs512{gemm5: g, tokens: tokens, a: f.gemmFunc(g.t, tokens)}
	g.constants()
	p.keepSums()
	p.distances()
	x, n := f.GP64(), f.GP64()
	tile, both := f.fresh("tile"), f.fresh("both")
	f.Label(tile)
	f.CMPQ(p.a.tiles, I8(1))
	f.JNE(LabelRef(both))
	f.XORQ(p.next, p.next)
	f.XORQ(p.right, p.right)
	f.Label(both)
	p.clear()
	f.MOVQ(p.a.acts, x)
	f.MOVQ(p.a.blocks, n)
	f.Loop("block", n, func() {
		r := record{base: x, tokens: tokens}
		p.aim(n)
		for r.part = range g.t.Parts() {
			for r.half = range g.t.halves() {
				p.block(r)
			}
		}
		f.ADDQ(U32(uint32(g.t.TileBytes())), p.a.w)
		f.ADDQ(U32(uint32(g.t.Parts()*r.bytes())), x)
	})
	p.store()
	f.ADDQ(p.next, p.a.w)
	f.ADDQ(U32(128), p.a.dst)
	f.SUBQ(U8(2), p.a.tiles)
	f.JG(LabelRef(tile))
	f.End()
}

// distances sets how far the pair's other tile lies.
func (p *pairs512) distances() {
	f := p.f
	p.next, p.right, p.tile, p.ahead = f.GP64(), f.GP64(), f.GP64(), [2]reg.GPVirtual{f.GP64(), f.GP64()}
	f.MOVQ(p.a.blocks, p.next)
	f.IMUL3Q(U32(uint32(p.t.TileBytes())), p.next, p.next)
	f.MOVQ(U32(64), p.right)
	f.MOVQ(p.next, p.tile)
}

// block adds the products of one part of a block, or of half of one.
func (p *pairs512) block(x record) {
	f := p.f
	p.start(x)
	var spread [2]reg.VecVirtual
	n := 8 / p.t.halves()
	for c := n * x.half; c < n*(x.half+1); c++ {
		p.fetch(8*x.part + c)
		var q [2]reg.VecVirtual
		for h := range q {
			q[h] = f.ZMM()
			w := side(p.a.w, p.next, h)
			if p.t.FifthBits() && c%2 == 0 {
				spread[h] = p.spreadHigh(w, c/2)
			}
			p.quants(w, x.part, c, q[h])
			if p.t.FifthBits() {
				k := f.K()
				f.VPTESTMB(p.bit5.bit[c%2], spread[h], k)
				f.VPADDB(p.bit5.sixteen, q[h], k, q[h]) // q += 16 * fifth bit
			}
		}
		for t, s := range p.sums {
			b := f.ZMM()
			f.VPBROADCASTD(x.quants(t, c), b)
			f.VPDPBUSD(b, q[0], s[0]) // s += q·x
			f.VPDPBUSD(b, q[1], s[1])
		}
	}
	p.add(x)
}

// pairAhead is how many bytes of each tile are fetched ahead. Of 8 times one
// token's rate, K=4096, two cores, eight sequences' tokens reach 7.4 (Q4_0) and 7.2
// (Q8_0) so, 3.3 and 4.0 without, with 2 KB 6.4 and 7.2. Prompts, which find the
// lines in the second-level cache, lose nothing. The whole next pair fetched
// meanwhile gave up to a fifth less, at some addresses of the code.
const pairAhead = 4096

// aim sets what is to be fetched with n blocks to go: where these tiles end, the
// next pair's begin.
func (p *pairs512) aim(n reg.GPVirtual) {
	f, behind := p.f, p.f.GP64()
	f.MOVQ(p.a.w, p.ahead[0])
	f.LEAQ(Mem{Base: p.a.w, Index: p.tile, Scale: 1}, behind)
	f.CMPQ(n, U32(uint32(pairAhead/p.t.TileBytes())))
	f.CMOVQLE(behind, p.ahead[0])
	f.LEAQ(Mem{Base: p.ahead[0], Index: p.tile, Scale: 1}, p.ahead[1])
}

// fetch fetches the c-th eighth of a block of both tiles, or of its parts.
func (p *pairs512) fetch(c int) {
	lines, all := (p.t.TileBytes()+63)/64, 8*p.t.Parts()
	for _, ahead := range p.ahead {
		for i := c * lines / all; i < (c+1)*lines/all; i++ {
			p.f.PREFETCHT0(Mem{Base: ahead, Disp: pairAhead + 64*i})
		}
	}
}

// quants loads dword c of a part's quants of the tile at w.
func (p *pairs512) quants(w Mem, part, c int, q reg.VecVirtual) {
	f := p.f
	if p.t.Bits > 0 {
		at, _ := p.t.planeAt(part, c)
		p.plane(part, c, w.Offset(at), q)
		return
	}
	if p.t.Halves() {
		p.values16(w, part, c, q)
		return
	}
	quants := p.t.At("qs")
	w = w.Offset(quants + 64*(c%p.t.Chunks()))
	switch {
	case p.t.Chunks() == 8:
		f.VPXORD(w, p.k, q)
		return
	case c < 4:
		f.VPANDD(w, p.k, q) // q = w & 15
	default:
		f.VMOVDQU32(w, q)
		f.VPSRLW(U8(4), q, q)
		f.VPANDD(p.k, q, q) // q = w >> 4
	}
	if p.t.Values != nil {
		f.VPSHUFB(q, p.table, q) // q = values[q]
	}
}

// spreadHigh copies byte j of every row's fifth bits to four bytes.
func (p *pairs512) spreadHigh(w Mem, j int) reg.VecVirtual {
	e := p.f.ZMM()
	p.f.VMOVDQU32(w.Offset(p.t.At("qh")), e)
	p.f.VPSHUFB(p.bit5.spread[j], e, e)
	return e
}

// start sets the sums to -offset·Σx.
func (p *pairs512) start(x record) {
	p.sums = make([][2]reg.VecVirtual, p.tokens)
	for t := range p.sums {
		s := [2]reg.VecVirtual{p.f.ZMM(), p.f.ZMM()}
		p.f.bias(p.t, x, t, s[0])
		p.f.VMOVDQA32(s[0], s[1])
		p.sums[t] = s
	}
}
