package x86

import "github.com/mmcloughlin/avo/reg"

// kquants are how the types that have kernels are taken apart.
var kquants = map[string]kquant{
	"Q2_K": q2K, "Q3_K": q3K, "Q4_K": q4K, "Q5_K": q5K, "Q6_K": q6K, "IQ4_XS": iq4XS, "TQ2_0": tq2, "Integers": integers,
}

// Masks of all four bytes of a dword.
const (
	bit2     = 0x04040404
	bit4     = 0x10101010
	bits0to1 = 0x03030303
	bits0to3 = 0x0f0f0f0f
	bits0to5 = 0x3f3f3f3f
	bits4to5 = 0x30303030
)

// q4K has in 64 columns 32 low nibbles, then 32 high ones; eight scales and
// minima of six bits.
var q4K = kquant{
	pair: 1, masks: []uint32{bits0to3},
	scales: (*kgemm).scalesK, quant: (*kgemm).nibblesK, minima: (*kgemm).minimaK,
}

// scalesK keeps the scales of Q4_K and Q5_K.
func (k *kgemm) scalesK() {
	for part := range parts {
		k.keep(part, k.scales6(0, part))
	}
}

// minimaK are the minima of Q4_K and Q5_K.
func (k *kgemm) minimaK(part int) []reg.VecVirtual {
	return []reg.VecVirtual{k.scales6(1, part)}
}

// scales6 returns a part's four scales (first 0) or minima (first 1): the low six
// bits of dword first, or its high two above nibbles of dword 2.
func (k *kgemm) scales6(first, part int) reg.VecVirtual {
	v := k.dword("scales", first)
	if part == 0 {
		return k.and(bits0to5, v)
	}
	k.and(bits4to5, k.shift(-2, v))
	return k.with(bits0to3, k.shift(-4*first, k.dword("scales", 2)), v)
}

// nibblesK are the quants of Q4_K, and the low bits of Q5_K's.
func (k *kgemm) nibblesK(g, c int) reg.VecVirtual {
	v := k.partDword("qs", 16, g/2*8+c)
	return k.and(bits0to3, k.shift(-4*(g%2), v))
}

// q6K has sixteen scales, signed bytes. In 128 columns the k-th 32 have their
// low bits in nibbles k/2 of 32 bytes, their high ones in bits 2k of others.
var q6K = kquant{
	pair: 4, masks: []uint32{bits0to3, bits4to5},
	scales: func(k *kgemm) {
		for d := range 4 {
			k.keep(d, k.dword("scales", d))
		}
	},
	quant: func(k *kgemm, g, c int) reg.VecVirtual {
		n, at := g/2, g%2*4+c
		lo := k.partDword("ql", 16, n%2*8+at)
		k.and(bits0to3, k.shift(-4*(n/2), lo))
		return k.with(bits4to5, k.shift(4-2*n, k.partDword("qh", 8, at)), lo)
	},
}

// integers are no type of files: blocks of the IQ types, taken apart by a product
// while it uses them. They have sixteen scales, and quants 64 too large.
var integers = kquant{
	scales: func(k *kgemm) {
		for d := range 4 {
			k.keep(d, k.dword("scales", d))
		}
	},
	quant: func(k *kgemm, g, c int) reg.VecVirtual { return k.partDword("qs", 32, 4*g+c) },
}
