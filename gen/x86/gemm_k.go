package x86

import (
	"fmt"
	"math/bits"
	"strings"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/querent-ai/chord/gen/layout"
)

// A kquant is a type in blocks of 256 columns. Its kernels work on a part of
// 128 columns at a time, and there on groups that share a scale:
//
//	S = Σ_g scale[g] · Σ quant·x, in integers, exactly
//
// Quants are multiplied as unsigned numbers. Where that makes them too large,
// S starts at -Excess · Σ_g scale[g]·Σx.
type kquant struct {
	layout.Type
	pair    int // group g+pair lies in the dwords of group g; 0: none does
	masks   []uint32
	bitwise bool // it has fields for partBits
	signed  bool // without VPDPBUSD quants are signed, and not too large

	scales func(k *kgemm)                            // writes the scales, bytes, to the stack: dword after dword; nil: they are 1
	quant  func(k *kgemm, g, c int) reg.VecVirtual   // columns 4c to 4c+3 of group g of the part
	minima func(k *kgemm, part int) []reg.VecVirtual // the part's minima, bytes; nil: the type has none
}

// parts is how many parts of 128 columns a block has.
const parts = 2

// group is how many columns share a scale: without scales all of a part.
func (t kquant) group() int {
	if t.scales == nil {
		return 128
	}
	return t.Group
}

// kgemm is a function in the making. It works on as many rows as a register has
// dwords: sixteen (avx512), or first eight and then eight (avx2).
type kgemm struct {
	*ktables
	f      *File
	t      kquant
	tokens int
	masks  map[uint32]Op

	dst, stride reg.GPVirtual
	w, half     reg.GPVirtual             // the block's dwords; its f16, which are half as wide
	x           reg.GPVirtual             // the block's record
	part64      reg.GPVirtual             // 64 times the part
	part512     reg.GPVirtual             // 512 times the part
	ahead       reg.GPVirtual             // what one token's products fetch
	gone        int                       // dwords of the part that have gone by
	bits        reg.VecVirtual            // 4 times the part in dwords, to shift by
	shared      map[string]reg.VecVirtual // dwords that a second group will want
	valuesAt    reg.VecVirtual            // the table of IQ4_XS, where there are registers for it
	scalesAt    Mem
	sums        []reg.VecVirtual   // S, a register a token
	chains      [][]reg.VecVirtual // more such registers, of a part without scales
}

// GemmKQuants are the products with K-quants, and with integers, for panels of up
// to the given number of tokens.
func GemmKQuants(tokens int) []Kernel {
	var kernels []Kernel
	for _, row := range append(layout.Kernels(256), layout.Integers) {
		t, ok := kquants[row.Name]
		if !ok {
			panic("gen/x86/gemm_k_types.go: kquants has no " + row.Name)
		}
		t.Type = row
		kernels = append(kernels, Kernel{"gemm_" + strings.ToLower(t.Name), func(f *File) {
			tables := newTables(f)
			for n := 1; n <= tokens; n++ {
				k := &kgemm{ktables: tables, f: f, t: t, tokens: n}
				k.function()
			}
		}})
	}
	return kernels
}

// function is Gemm<type>x<tokens>.
func (k *kgemm) function() {
	f := k.f
	name := fmt.Sprintf("Gemm%sx%d", k.t.Name, k.tokens)
	doc := []string{
		fmt.Sprintf("%s multiplies tiles of 16 interleaved rows with a panel of %d tokens:", name, k.tokens), "",
		"\tfor tile, token t, row r {",
		"\t\tacc = 0",
		"\t\tfor b < blocks {",
		"\t\t\tacc += float32(Σ_g scale[g] * Σ q*x) * (dw*dx)",
	}
	if k.t.minima != nil {
		doc = append(doc, "\t\t\tacc -= float32(Σ_g min[g] * Σ x) * (dmin*dx)")
	}
	doc = append(doc, "\t\t}", "\t\tdst[t*stride+16*tile+r] = acc", "\t}")
	f.Func(name, "func(dst *float32, stride int, w, acts *byte, blocks, tiles int)", doc...)
	k.dst, k.stride, k.w = f.Arg("dst"), f.Arg("stride"), f.Arg("w")
	acts, tiles := f.Arg("acts"), f.Arg("tiles")
	f.SHLQ(U8(2), k.stride)
	k.half, k.x, k.part64, k.part512 = f.GP64(), f.GP64(), f.GP64(), f.GP64()
	k.scalesAt = f.AllocLocal(64 * 256 / k.t.Group / 4)
	k.masks = map[uint32]Op{}
	for _, m := range k.t.masks {
		k.masks[m] = f.num(k.word(m))
	}
	if f.Wide && k.t.signed {
		k.valuesAt = k.values()
	}
	if k.fetches() {
		k.ahead = f.GP64()
		f.MOVQ(k.w, k.ahead)
	}
	k.fetchResults()
	f.Loop("tile", tiles, func() {
		k.clear()
		f.MOVQ(acts, k.x)
		n := f.Arg("blocks")
		f.Loop("block", n, k.block)
		f.ADDQ(U8(64), k.dst)
	})
	f.End()
}

// clear zeroes the tile's results, which are the float sums.
func (k *kgemm) clear() {
	f := k.f
	to, z := f.GP64(), f.V()[:1]
	f.Zero(z)
	f.MOVQ(k.dst, to)
	for t := range k.tokens {
		for off := 0; off < 64; off += k.width() {
			f.VMOVUPS(z[0], Mem{Base: to, Disp: off})
		}
		if t+1 < k.tokens {
			f.ADDQ(k.stride, to)
		}
	}
}

// block adds one block's products to the results of all tokens.
func (k *kgemm) block() {
	f := k.f
	f.MOVQ(k.w, k.half)
	if f.Wide {
		k.rows()
	} else {
		n := f.GP64()
		f.MOVQ(U32(2), n)
		f.Loop("half", n, func() {
			k.rows()
			f.ADDQ(U8(32), k.w)
			f.ADDQ(U8(16), k.half)
			f.ADDQ(U8(32), k.dst)
		})
		f.SUBQ(U8(64), k.w)
		f.SUBQ(U8(64), k.dst)
	}
	f.ADDQ(U32(uint32(k.t.TileBytes())), k.w)
	f.ADDQ(U32(uint32(k.tokens*layout.Record256)), k.x)
}

// rows adds one block's products for as many rows as a register has.
func (k *kgemm) rows() {
	f := k.f
	if k.t.scales != nil {
		k.t.scales(k)
	}
	k.sums = k.zeros()
	if k.t.Excess() > 0 && !k.signed() {
		k.offsets()
	}
	f.XORQ(k.part64, k.part64)
	f.XORQ(k.part512, k.part512)
	part := f.fresh("part")
	f.Label(part)
	if k.t.bitwise {
		k.countBits()
	}
	for g := range 128 / k.t.group() {
		switch {
		case f.VNNI:
			k.groupVNNI(g)
		case !f.Wide:
			k.group2(g)
		case k.t.pair == 0:
			k.groups512(g)
		case g/k.t.pair%2 == 0:
			k.groups512(g, g+k.t.pair)
		}
	}
	f.ADDQ(U8(64), k.part64)
	f.ADDQ(U32(512), k.part512)
	if k.fetches() {
		f.ADDQ(U32(uint32(k.partBytes())), k.ahead)
	}
	f.CMPQ(k.part64, U8(64*(parts-1)))
	f.JLE(LabelRef(part))
	k.add()
}

// offsets sets S = -Excess · Σ_g scale[g]·Σx.
func (k *kgemm) offsets() {
	f := k.f
	if k.t.scales == nil {
		k.offset1()
		return
	}
	for d := range 256 / k.t.Group / 4 {
		sc := k.reg()
		f.VMOVUPS(k.scalesAt.Offset(64*d), sc)
		k.dotSums(sc, d, k.sums)
	}
	z, shift := k.reg(), U8(bits.TrailingZeros(uint(k.t.Excess())))
	f.Zero(V{z})
	for _, s := range k.sums {
		f.VPSLLD(shift, s, s)
		f.VPSUBD(s, z, s)
	}
}

// offset1 sets S = -Σx, of quants 1 too large without scales.
func (k *kgemm) offset1() {
	if k.t.Excess() != 1 || k.t.Group != 32 {
		panic("x86: quants without scales are 1 too large")
	}
	minus := k.reg()
	k.f.VMOVUPS(k.word(0xffffffff), minus) // two factors of -1
	for i := range 4 {
		k.dotPair(minus, i, k.sums)
	}
}

// dotSums adds the products of four groups' factors, bytes, with those groups'
// sums of x.
func (k *kgemm) dotSums(bytes reg.VecVirtual, d int, to []reg.VecVirtual) {
	f := k.f
	for i := range 2 {
		pair := k.reg()
		f.VPSHUFB(k.pair(i), bytes, pair)
		f.VPSRAW(U8(8), pair, pair) // two factors, int16
		k.dotPair(pair, 2*d+i, to)
	}
}

// dotPair adds the products of two factors with the i-th two groups' sums of x.
func (k *kgemm) dotPair(pair reg.VecVirtual, i int, to []reg.VecVirtual) {
	f := k.f
	for t, m := range to {
		x := Mem{Base: k.x, Disp: 260*k.tokens + 48*t + (k.t.Group-16)*2 + 4*i}
		if f.Wide {
			f.VPDPWSSD_BCST(x, pair, m)
			continue
		}
		b := f.YMM()
		f.VPBROADCASTD(x, b)
		f.VPMADDWD(b, pair, b)
		f.VPADDD(b, m, m)
	}
}

// add is acc += float32(S) * (dw*dx) and, for types with minima,
// acc -= float32(M) * (dmin*dx).
func (k *kgemm) add() {
	f := k.f
	var m []reg.VecVirtual
	var dmin reg.VecVirtual
	if k.t.minima != nil {
		m = k.zeros()
		for part := range parts {
			for i, bytes := range k.t.minima(k, part) {
				k.dotSums(bytes, part*32/k.t.Group+i, m)
			}
		}
		dmin = k.float("dmin")
	}
	dw, to := k.float("d"), f.GP64()
	f.MOVQ(k.dst, to)
	for t, s := range k.sums {
		acc, dx := k.reg(), k.reg()
		f.VBROADCASTSS(Mem{Base: k.x, Disp: 256*k.tokens + 4*t}, dx)
		f.VMOVUPS(Mem{Base: to}, acc)
		k.term(s, dw, dx)
		f.VADDPS(s, acc, acc)
		if m != nil {
			k.term(m[t], dmin, dx)
			f.VSUBPS(m[t], acc, acc)
		}
		f.VMOVUPS(acc, Mem{Base: to})
		if t+1 < k.tokens {
			f.ADDQ(k.stride, to)
		}
	}
}

// term is s = float32(s) * (d*dx).
func (k *kgemm) term(s, d, dx reg.VecVirtual) {
	f, p := k.f, k.reg()
	f.VMULPS(dx, d, p)
	f.VCVTDQ2PS(s, s)
	f.VMULPS(p, s, s)
}
