package kernels

import (
	"github.com/querent-ai/chord/gen/layout"
	. "github.com/querent-ai/chord/gen/wasm"
)

// types256 are the types in blocks of 256, and integers.
func types256() []blocks {
	var all []blocks
	for _, t := range append(layout.Kernels(256), layout.Integers) {
		b, ok := kquants[t.Name]
		if !ok {
			panic("gen/wasm/kernels/gemm_256_types.go: kquants has no " + t.Name)
		}
		b.Type = t
		all = append(all, b)
	}
	return all
}

// kquants are how the types are taken apart.
var kquants = map[string]blocks{
	"Q2_K": {
		start: func(g *gemm) {
			for r := range half {
				for i := range 4 {
					s := g.Let(g.field("scales", i, r))
					g.Set(g.scales[r][i], V128And(s.Expr, g.Vec(0x0f0f0f0f)))
					g.min(r, i, V128And(I32x4ShrU(s.Expr, 4), g.Vec(0x0f0f0f0f)))
				}
			}
		},
		base:  func(g *gemm, r, e int) Expr { return g.partField("qs", e%8, r) },
		quant: func(g *gemm, b Var, _, e, odd int) Expr { return g.bits(b, 2*(e/8)+8*odd, 2) },
	},
	"Q3_K": {
		start: (*gemm).scalesQ3,
		part:  func(g *gemm) { g.bitPlanes("hmask") },
		base:  func(g *gemm, r, e int) Expr { return g.partField("qs", e%8, r) },
		quant: func(g *gemm, b Var, r, e, odd int) Expr {
			low, high := g.bits(b, 2*(e/8)+8*odd, 2), g.moved(g.extra[r][e%8], e/8+8*odd, 2, 1)
			return I16x8Sub(V128Or(low, high), g.Vec(0x00040004))
		},
	},
	"Q4_K": {
		start: (*gemm).scales6,
		base:  nibbles256,
		quant: nibble256,
	},
	"Q5_K": {
		start: (*gemm).scales6,
		part:  func(g *gemm) { g.bitPlanes("qh") },
		base:  nibbles256,
		quant: func(g *gemm, b Var, r, e, odd int) Expr {
			return V128Or(nibble256(g, b, r, e, odd), g.moved(g.extra[r][e%8], e/8+8*odd, 4, 1))
		},
	},
	"Q6_K": {
		start: (*gemm).scaleBytes,
		part: func(g *gemm) {
			g.keep(8, func(r, i int) Expr { return g.partField("qh", i, r) })
		},
		base: func(g *gemm, r, e int) Expr { return g.partField("ql", e/8%2*8+e%8, r) },
		quant: func(g *gemm, b Var, r, e, odd int) Expr {
			low, high := g.bits(b, 4*(e/16)+8*odd, 4), g.moved(g.extra[r][e%8], 2*(e/8)+8*odd, 4, 2)
			return I16x8Sub(V128Or(low, high), g.Vec(0x00200020))
		},
	},
	"IQ4_XS": {
		start: (*gemm).scalesIQ4,
		base: func(g *gemm, r, e int) Expr {
			return g.lookUp(g.partField("qs", e/8*4+e%4, r), e/4%2)
		},
		quant: signedByte,
	},
	"TQ2_0": {
		start: func(g *gemm) { // its scales are 1
			for r := range half {
				for _, s := range g.scales[r] {
					g.Set(s, g.Vec(0x01010101))
				}
			}
		},
		base: func(g *gemm, r, e int) Expr { return g.partField("qs", e%8, r) },
		quant: func(g *gemm, b Var, _, e, odd int) Expr {
			return I16x8Sub(g.bits(b, 2*(e/8)+8*odd, 2), g.Vec(0x00010001))
		},
	},
	"Integers": {
		start: (*gemm).scaleBytes,
		base:  func(g *gemm, r, e int) Expr { return g.partField("qs", e, r) },
		quant: func(g *gemm, b Var, _, _, odd int) Expr {
			return I16x8Sub(g.bits(b, 8*odd, 8), g.Vec(0x00400040))
		},
	},
}

// nibbles256 are 32 bytes whose low nibbles are 32 columns and whose high ones are
// the next.
func nibbles256(g *gemm, r, e int) Expr { return g.partField("qs", e/16*8+e%8, r) }

func nibble256(g *gemm, b Var, _, e, odd int) Expr { return g.bits(b, 4*(e/8%2)+8*odd, 4) }

// field is dword i of a field, of four rows.
func (g *gemm) field(name string, i, r int) Expr {
	return g.Load(g.p.Expr, g.t.At(name)+64*i+16*r)
}

// partField is field of the part that is being multiplied.
func (g *gemm) partField(name string, i, r int) Expr {
	return g.Load(g.fields[name].Expr, g.t.At(name)+64*i+16*r)
}

// keep sets n vectors of extra.
func (g *gemm) keep(n int, what func(r, i int) Expr) {
	for r := range half {
		if g.extra[r] == nil {
			g.extra[r] = g.Locals(V128, n)
		}
		for i, v := range g.extra[r] {
			g.Set(v, what(r, i))
		}
	}
}

// bitPlanes keeps 32 bytes that have a bit for every 32 columns: those of the part
// are the lowest four.
func (g *gemm) bitPlanes(name string) {
	g.keep(8, func(r, i int) Expr { return I16x8ShrUBy(g.field(name, i, r), g.shiftPart.Expr) })
}

// min sets the minima of groups 4i to 4i+3, as bytes.
func (g *gemm) min(r, i int, e Expr) {
	if g.mins[r] == nil {
		g.mins[r] = g.Locals(V128, 64/g.t.Group)
		g.extraSums = g.Local(V128)
	}
	g.Set(g.mins[r][i], e)
}

// scaleBytes are scales that are signed bytes.
func (g *gemm) scaleBytes() {
	for r := range half {
		for i, v := range g.scales[r] {
			g.Set(v, g.field("scales", i, r))
		}
	}
}

// scales6 are scales and minima of six bits: of groups 0 to 3 in two dwords, of the
// others four bits in the third, and the upper ones above the first two.
func (g *gemm) scales6() {
	for r := range half {
		low, min, rest := g.Let(g.field("scales", 0, r)), g.Let(g.field("scales", 1, r)), g.Let(g.field("scales", 2, r))
		upper := func(v Var) Expr { return V128And(I32x4ShrU(v.Expr, 2), g.Vec(0x30303030)) }
		g.Set(g.scales[r][0], V128And(low.Expr, g.Vec(0x3f3f3f3f)))
		g.Set(g.scales[r][1], V128Or(V128And(rest.Expr, g.Vec(0x0f0f0f0f)), upper(low)))
		g.min(r, 0, V128And(min.Expr, g.Vec(0x3f3f3f3f)))
		g.min(r, 1, V128Or(V128And(I32x4ShrU(rest.Expr, 4), g.Vec(0x0f0f0f0f)), upper(min)))
	}
}

// scalesQ3 are scales of six bits, 32 too large: the nibbles of two dwords, the low
// ones first, and above them bits 2i of the bytes of a third.
func (g *gemm) scalesQ3() {
	for r := range half {
		high := g.Let(g.field("scales", 2, r))
		for i, v := range g.scales[r] {
			low := V128And(I32x4ShrU(g.field("scales", i%2, r), i/2*4), g.Vec(0x0f0f0f0f))
			up := I32x4Shl(I32x4ShrU(high.Expr, max(2*i-4, 0)), max(4-2*i, 0))
			g.Set(v, I8x16Sub(V128Or(low, V128And(up, g.Vec(0x30303030))), g.Vec(0x20202020)))
		}
	}
}

// scalesIQ4 are scales of six bits, 32 too large: nibbles of a dword, and above
// them pairs of bits of 16.
func (g *gemm) scalesIQ4() {
	for r := range half {
		low, high := g.Let(g.field("scales_l", 0, r)), g.Let(g.LoadU16(g.h.Expr, g.t.At("scales_h")+8*r))
		for i, v := range g.scales[r] {
			var s Expr
			for j := range 4 { // group 4i+j has nibble 4i+j, and bits from 2(4i+j) on
				n := V128And(I32x4ShrU(low.Expr, 4*(4*i+j)), g.Vec(15))
				h := V128And(I32x4ShrU(high.Expr, 2*(4*i+j)), g.Vec(3))
				b := I32x4Shl(V128Or(n, I32x4Shl(h, 4)), 8*j)
				if j > 0 {
					b = V128Or(s, b)
				}
				s = b
			}
			g.Set(v, I8x16Sub(s, g.Vec(0x20202020)))
		}
	}
}
