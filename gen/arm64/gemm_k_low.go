package arm64

import . "github.com/querent-ai/chord/gen/a64"

// q2K has in 128 columns the n-th 32 in bits 2n of 32 bytes; sixteen scales of
// four bits, with minima above them.
var q2K = kquant{
	scales: func(k *kgemm, v []V) {
		k.scaleBytes(v)
		k.f.Scope(func() {
			mask := k.f.V()
			k.f.Movi(mask, 15)
			for _, v := range v {
				k.f.And(v, v, mask)
			}
		})
	},
	minima: func(k *kgemm, v []V) {
		k.scaleBytes(v)
		for _, v := range v {
			k.f.Ushr(B16, v, v, 4)
		}
	},
	part: func(k *kgemm) {
		for h := range 2 {
			for c, raw := range k.q[4:] {
				k.dword(raw, k.quants2, "qs", 4*h+c)
			}
			for n := range 4 {
				k.twoBits(n)
				k.multiply(2*n+h, k.q[:4])
			}
		}
	},
}

// twoBits sets q to the n-th 32 columns' bits.
func (k *kgemm) twoBits(n int) {
	f := k.f
	f.Scope(func() {
		mask := k.constant(bits2)
		for c, v := range k.q[:4] {
			switch raw := k.q[4+c]; n {
			case 0:
				f.And(v, raw, mask)
			case 3:
				f.Ushr(B16, v, raw, 6)
			default:
				f.Ushr(B16, v, raw, 2*n)
				f.And(v, v, mask)
			}
		}
	})
}

// tq2 has in 128 columns the n-th 32 in bits 2n of 32 bytes, 1 too large; its scales
// are 1.
var tq2 = kquant{
	scales: func(k *kgemm, v []V) {
		for _, v := range v {
			k.f.Movi(v, 1)
		}
	},
	part: func(k *kgemm) {
		f := k.f
		mask, one := k.constant(bits2), f.V()
		f.Movi(one, 1)
		for n := range 4 {
			for c, v := range k.q {
				k.dword(v, k.quants2, "qs", c)
				if n > 0 {
					f.Ushr(B16, v, v, 2*n)
				}
				if n < 3 {
					f.And(v, v, mask)
				}
				f.Sub(B16, v, v, one)
			}
			k.multiply(n, k.q)
		}
	},
}

// q3K adds to Q2_K's quants a third bit, that of the i-th 32 columns in bit i of
// 32 bytes: where it is 0 the quant is 4 less, so that three bits on top, the
// third the other way round, are 32 times the quant. It has sixteen scales of six
// bits, 32 too large: their low bits in eight bytes, then eight more nibbles
// above, their high ones in four bytes.
var q3K = kquant{
	shift: 5, extra: 4, bits: true,
	scales: (*kgemm).scalesQ3,
	part: func(k *kgemm) {
		f := k.f
		for h := range 2 {
			for c, high := range k.extra {
				k.dword(k.q[4+c], k.quants2, "qs", 4*h+c)
				k.dword(high, k.a.w, "hmask", 4*h+c)
				f.One("not", B16, high, high)
				f.Same("ushl", B16, high, high, k.shift)
			}
			for n := range 4 {
				k.threeBits(n)
				k.multiply(2*n+h, k.q[:4])
			}
		}
	},
}

func (k *kgemm) scalesQ3(v []V) {
	f := k.f
	high, t := f.V(), f.V()
	order, six, less := k.constant(transpose), k.constant(low6), k.constant(thirtyTwo)
	for i := range 2 {
		f.Tbl(v[i], []V{k.dword(v[i], k.a.w, "scales", i)}, order)
		f.Ushr(B16, v[i+2], v[i], 4)
	}
	f.Tbl(high, []V{k.dword(high, k.a.w, "scales", 2)}, order)
	for i := range v {
		if i > 0 {
			f.Ushr(B16, t, high, 2*i)
			f.Sli(B16, v[i], t, 4)
		} else {
			f.Sli(B16, v[i], high, 4)
		}
		f.And(v[i], v[i], six)
		f.Sub(B16, v[i], v[i], less)
	}
}

// threeBits sets q to the n-th 32 columns'.
func (k *kgemm) threeBits(n int) {
	f := k.f
	f.Scope(func() {
		t, mask := f.V(), f.V()
		if k.by != smlal {
			f.Movi(mask, 0xe0)
		}
		for c, v := range k.q[:4] {
			low := k.q[4+c]
			k.up(v, k.extra[c], 3-n)
			if n < 3 {
				f.Shl(B16, t, low, 6-2*n)
				low = t
			}
			f.Sri(B16, v, low, 1)
			if k.by != smlal {
				f.And(v, v, mask)
			} else {
				f.Right("sshr", B16, v, v, 5)
			}
		}
	})
}

// iq4XS has in 32 columns 16 low nibbles, then 16 high ones; eight scales of
// six bits, 32 too large: their low bits in nibbles, their high ones in two
// bytes.
var iq4XS = kquant{
	scales: (*kgemm).scalesIQ4,
	part: func(k *kgemm) {
		f := k.f
		for g := range 4 {
			f.Scope(func() {
				mask, table := f.V(), k.constant(valuesIQ4)
				f.Movi(mask, 15)
				for c := range 4 {
					low, high := k.q[c], k.q[c+4]
					f.Ushr(B16, high, k.dword(low, k.quants, "qs", 4*g+c), 4)
					f.And(low, low, mask)
					f.Tbl(low, []V{table}, low)
					f.Tbl(high, []V{table}, high)
				}
			})
			k.multiply(g, k.q)
		}
	},
}

func (k *kgemm) scalesIQ4(v []V) {
	f := k.f
	low, odd, h, mask := f.V(), f.V(), f.V(), f.V()
	f.Tbl(low, []V{k.dword(low, k.a.w, "scales_l", 0)}, k.constant(transpose))
	f.Movi(mask, 15)
	f.Ushr(B16, odd, low, 4)
	f.And(low, low, mask)
	f.Zip1(S4, v[0], low, odd)
	f.Zip2(S4, v[1], low, odd)
	f.LdD(h, k.half.At(k.t.At("scales_h")))
	three, down, less := k.constant(bits2), k.constant(downTwo), k.constant(thirtyTwo)
	for p := range v { // group 4p+i has bits 2i of byte p
		f.Tbl(low, []V{h}, k.constant(highIQ4+kconst(p)))
		f.Same("ushl", B16, low, low, down)
		f.And(low, low, three)
		f.Sli(B16, v[p], low, 4)
		f.Sub(B16, v[p], v[p], less)
	}
}
