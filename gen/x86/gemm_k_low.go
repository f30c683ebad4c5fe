package x86

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// q2K has in 128 columns the k-th 32 in bits 2k of 32 bytes; sixteen scales of
// four bits, with minima above them.
var q2K = kquant{
	pair: 4, masks: []uint32{bits0to1},
	scales: func(k *kgemm) {
		for d := range 4 {
			k.keep(d, k.and(bits0to3, k.dword("scales", d)))
		}
	},
	quant: (*kgemm).unpack2,
	minima: func(k *kgemm, part int) []reg.VecVirtual {
		var m []reg.VecVirtual
		for d := range 2 {
			m = append(m, k.and(bits0to3, k.shift(-4, k.dword("scales", 2*part+d))))
		}
		return m
	},
}

// unpack2 returns the quants of Q2_K, and the low bits of Q3_K's.
func (k *kgemm) unpack2(g, c int) reg.VecVirtual {
	v := k.partDword("qs", 8, g%2*4+c)
	return k.and(bits0to1, k.shift(-2*(g/2), v))
}

// tq2 has in 128 columns the k-th 32 in bits 2k of 32 bytes, and no scales.
var tq2 = kquant{
	masks: []uint32{bits0to1},
	quant: func(k *kgemm, _, c int) reg.VecVirtual {
		return k.and(bits0to1, k.shift(-2*(c/8), k.partDword("qs", 8, c%8)))
	},
}

// q3K adds to Q2_K's quants a third bit, that of the i-th 32 columns in bit i of
// 32 bytes. It has sixteen scales of six bits, 32 too large: their low bits in
// eight bytes, then eight more nibbles above, their high ones in four bytes.
var q3K = kquant{
	pair: 4, masks: []uint32{bits0to1}, bitwise: true,
	scales: func(k *kgemm) {
		for d := range 4 {
			v := k.and(bits0to3, k.shift(-4*(d/2), k.dword("scales", d%2)))
			k.with(bits4to5, k.shift(4-2*d, k.dword("scales", 2)), v)
			k.f.VPSUBB(k.word(32*0x01010101), v, v)
			k.keep(d, v)
		}
	},
	quant: func(k *kgemm, g, c int) reg.VecVirtual {
		v, n := k.unpack2(g, c), g/2
		return k.with(bit2, k.shift(2-n, k.partBits("hmask", g%2*4+c)), v)
	},
}

// q5K adds a fifth bit to Q4_K's quants, that of the i-th 32 columns in bit i of
// 32 bytes.
var q5K = kquant{
	pair: 1, masks: []uint32{bits0to3, bit4}, bitwise: true,
	scales: (*kgemm).scalesK, minima: (*kgemm).minimaK,
	quant: func(k *kgemm, g, c int) reg.VecVirtual {
		v := k.nibblesK(g, c)
		return k.with(bit4, k.shift(4-g, k.partBits("qh", c)), v)
	},
}

// partBits loads dword n of a field with a bit for every 32 columns, the part's
// four first.
func (k *kgemm) partBits(name string, n int) reg.VecVirtual {
	return k.once(fmt.Sprint(name, n), func() reg.VecVirtual {
		v := k.reg()
		k.f.VMOVUPS(Mem{Base: k.w, Disp: k.t.At(name) + 64*n}, v)
		k.f.VPSRLVD(k.bits, v, v)
		return v
	})
}

// countBits sets the shift of partBits: four times the part, in every dword,
// since a shift by one number takes turns with VPDPBUSD (Q5_K, eight tokens: 59
// % of the peak with that, 72 % with this).
func (k *kgemm) countBits() {
	f, n, x := k.f, k.f.GP64(), k.f.XMM()
	f.MOVQ(k.part64, n)
	f.SHRQ(U8(4), n)
	f.VMOVQ(n, x)
	k.bits = k.reg()
	f.VPBROADCASTD(x, k.bits)
}
