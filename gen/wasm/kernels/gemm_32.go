package kernels

import (
	"github.com/querent-ai/chord/gen/layout"
	. "github.com/querent-ai/chord/gen/wasm"
)

// types32 are the types in blocks of 32, or of a few times 32.
func types32() []blocks {
	var all []blocks
	for _, t := range layout.Small() {
		b := blocks{Type: t, base: rawNibbles, quant: nibble}
		switch {
		case t.Bits > 0:
			b.base, b.quant = planes, plane
		case t.Chunks() == 8:
			b.base, b.quant = rawBytes, signedByte
		case t.Values != nil:
			b.base, b.quant = values, signedByte
		case t.FifthBits():
			b.start, b.quant = fifthBits, nibbleAndFifth
		}
		all = append(all, b)
	}
	return all
}

// planes are the dwords that have dword e of a part's quants.
func planes(g *gemm, r, e int) Expr {
	return g.Load(g.p.Expr, g.t.At("qs")+64*g.t.Plane(0, e).Dword+16*r)
}

// plane is of even bytes, or of odd ones: quants 1 too large, those of one bit twice
// that, since bits stand for 1 and -1.
func plane(g *gemm, b Var, _, e, odd int) Expr {
	shift := g.t.Plane(0, e).Shift + 8*odd
	if g.t.Bits == 1 {
		return g.moved(b, shift, 1, 1)
	}
	return g.bits(b, shift, 2)
}

// rawNibbles are the bytes whose low nibbles are columns 4e to 4e+3 for e below 4,
// whose high ones those 16 behind.
func rawNibbles(g *gemm, r, e int) Expr {
	dword, _ := g.t.Nibbles(e)
	return g.Load(g.p.Expr, g.t.At("qs")+64*(g.t.Chunks()*g.part+dword)+16*r)
}

// nibble is of the low nibbles of even bytes, or of the others.
func nibble(g *gemm, b Var, _, e, odd int) Expr { return g.bits(b, 4*(e/4%2)+8*odd, 4) }

// bits are n bits of each int16, from bit at on.
func (g *gemm) bits(v Var, at, n int) Expr {
	e := I16x8ShrU(v.Expr, at)
	if at+n < 16 {
		e = V128And(e, g.Vec(0x10001*(1<<n-1)))
	}
	return e
}

// moved are n bits of each int16, from bit from on, moved to bit to.
func (g *gemm) moved(v Var, from, to, n int) Expr {
	e := I16x8ShrU(v.Expr, max(from-to, 0))
	return V128And(I16x8Shl(e, max(to-from, 0)), g.Vec(0x10001*(1<<n-1)<<to))
}

// rawBytes are columns 4e to 4e+3.
func rawBytes(g *gemm, r, e int) Expr { return g.Load(g.p.Expr, g.t.At("qs")+64*e+16*r) }

// signedByte is of even bytes, or of odd ones.
func signedByte(_ *gemm, b Var, _, _, odd int) Expr {
	if odd == 1 {
		return I16x8ShrS(b.Expr, 8)
	}
	return I16x8ShrS(I16x8Shl(b.Expr, 8), 8)
}

// values are what nibbles stand for, as bytes.
func values(g *gemm, r, e int) Expr {
	high := 0
	if _, up := g.t.Nibbles(e); up {
		high = 1
	}
	return g.lookUp(rawNibbles(g, r, e), high)
}

// lookUp is the values of the low nibbles of bytes, or of the high ones.
func (g *gemm) lookUp(raw Expr, high int) Expr {
	var table [4]uint32
	for i, v := range g.t.Values {
		table[i/4] |= uint32(uint8(v)) << (i % 4 * 8)
	}
	return I8x16Swizzle(g.Vec(table[:]...), V128And(I16x8ShrU(raw, 4*high), g.Vec(0x0f0f0f0f)))
}

// fifthBits keeps, of a row's fifth bits, those of columns 0 to 15 in both int16 of
// its lane, and those of the others; in the upper int16 they are two lower.
func fifthBits(g *gemm) {
	for r := range half {
		qh := g.Let(g.Load(g.p.Expr, g.t.At("qh")+16*r))
		if g.extra[r] == nil {
			g.extra[r] = g.Locals(V128, 2)
		}
		for h, v := range g.extra[r] {
			var bytes [16]byte
			for i := range bytes {
				bytes[i] = byte(i/4*4 + 2*h + i%2)
			}
			both := g.Let(Shuffle(qh.Expr, qh.Expr, bytes))
			g.Set(v, Select(both.Expr, I16x8ShrU(both.Expr, 2), g.Vec(0xffff)))
		}
	}
}

func nibbleAndFifth(g *gemm, b Var, r, e, odd int) Expr {
	return V128Or(nibble(g, b, r, e, odd), g.moved(g.extra[r][e/4], e%4*4+odd, 4, 1))
}
