package arm64

import . "github.com/querent-ai/chord/gen/a64"

// kquants are how the types that have kernels are taken apart.
var kquants = map[string]kquant{
	"Q2_K": q2K, "Q3_K": q3K, "Q4_K": q4K, "Q5_K": q5K, "Q6_K": q6K, "IQ4_XS": iq4XS, "TQ2_0": tq2, "Integers": integers,
}

// q4K has in 64 columns 32 low nibbles, then 32 high ones; eight scales and
// minima of six bits.
var q4K = kquant{
	scales: func(k *kgemm, v []V) { k.scales6(v, 0) },
	minima: func(k *kgemm, v []V) { k.scales6(v, 1) },
	part:   func(k *kgemm) { k.nibblesK(func(int, []V) {}) },
}

// scales6 sets v to both parts' scales (first 0) or minima (first 1): the low six
// bits of dword first, or its high two above nibbles of dword 2.
func (k *kgemm) scales6(v []V, first int) {
	f := k.f
	f.Scope(func() {
		t, six, order := f.V(), k.constant(low6), k.constant(transpose)
		for i, n := range []int{first, 2} {
			f.Tbl(v[i], []V{k.dword(v[i], k.a.w, "scales", n)}, order)
		}
		f.Ushr(B16, t, v[0], 6)
		f.And(v[0], v[0], six)
		if first == 1 {
			f.Ushr(B16, v[1], v[1], 4)
		}
		f.Sli(B16, v[1], t, 4)
		f.And(v[1], v[1], six)
	})
}

// nibblesK multiplies groups of nibbles, two of the same dwords one after the
// other: where there are registers the high ones stay in them. finish
// completes quants.
func (k *kgemm) nibblesK(finish func(g int, q []V)) {
	f := k.f
	for g := 0; g < 4; g += 2 {
		f.Scope(func() {
			high, kept := k.q, k.fits(8)
			if kept {
				high = f.Vs(8)
			}
			k.nibbles(g, high, kept)
			finish(g, k.q)
			k.multiply(g, k.q)
			if !kept {
				k.nibbles(g+1, nil, false)
			}
			finish(g+1, high)
			k.multiply(g+1, high)
		})
	}
}

// nibbles sets q to the nibbles of group g, and if both is set high to those of
// the next group.
func (k *kgemm) nibbles(g int, high []V, both bool) {
	f := k.f
	f.Scope(func() {
		mask := f.V()
		if g%2 == 0 {
			f.Movi(mask, 15)
		}
		for c, v := range k.q {
			k.dword(v, k.quants, "qs", g/2*8+c)
			if both || g%2 == 1 {
				d := v
				if both {
					d = high[c]
				}
				f.Ushr(B16, d, v, 4)
			}
			if g%2 == 0 {
				f.And(v, v, mask)
			}
		}
	})
}

// fits reports whether n registers are free beside those that multiply takes.
func (k *kgemm) fits(n int) bool {
	need := map[product]int{smlal: 7, sdot: 1 + 3*min(2, k.tokens), mmla2: 10}[k.by]
	return k.f.Left() >= n+need
}

// q5K adds a fifth bit to Q4_K's quants, that of the i-th 32 columns in bit i of
// 32 bytes.
var q5K = kquant{
	bits:   true,
	scales: q4K.scales, minima: q4K.minima,
	part: func(k *kgemm) {
		var bits []V
		if k.fits(8) {
			bits = k.f.Vs(8)
			for c, v := range bits {
				k.fifthBits(v, c)
			}
		}
		k.nibblesK(func(g int, q []V) { k.addFifthBits(g, q, bits) })
	},
}

// fifthBits loads the part's fifth bits of dword c to the upper halves of bytes.
func (k *kgemm) fifthBits(v V, c int) {
	k.dword(v, k.a.w, "qh", c)
	k.f.Same("ushl", B16, v, v, k.shift)
}

// addFifthBits adds the fifth bits of group g to q; bits are all, if they are kept.
func (k *kgemm) addFifthBits(g int, q, bits []V) {
	f := k.f
	f.Scope(func() {
		e, bit := f.V(), k.constant(bit4+kconst(g))
		for c, v := range q {
			if bits != nil {
				f.And(e, bits[c], bit)
			} else {
				k.fifthBits(e, c)
				f.And(e, e, bit)
			}
			if g == 0 {
				f.Orr(v, v, e)
			} else {
				f.Go("VUSRA", "$%d, V%d.B16, V%d.B16", g, e, v) // q += e >> g
			}
		}
	})
}

// q6K has sixteen scales, signed bytes. In 128 columns the k-th 32 have their
// low bits in nibbles k/2 of 32 bytes, their high ones in bits 2k of others.
// With the upper bit of these the other way round, six bits on top are four times
// the quant.
var q6K = kquant{
	shift: 2, extra: 4,
	scales: (*kgemm).scaleBytes,
	part: func(k *kgemm) {
		for h := range 2 {
			k.highs(h)
			for _, n := range []int{0, 2, 1, 3} {
				k.sixBits(h, n)
				k.multiply(2*n+h, k.q[:4])
			}
		}
	},
}

// scaleBytes sets v to the dwords of scales.
func (k *kgemm) scaleBytes(v []V) {
	k.f.Scope(func() {
		order := k.constant(transpose)
		for i, v := range v {
			k.f.Tbl(v, []V{k.dword(v, k.a.w, "scales", i)}, order)
		}
	})
}

// highs loads the upper bits of columns 16h to 16h+15 of every 32.
func (k *kgemm) highs(h int) {
	f := k.f
	f.Scope(func() {
		signs := k.constant(signs2)
		for c, v := range k.extra {
			k.dword(v, k.quants2, "qh", 4*h+c)
			f.Eor(v, v, signs)
		}
	})
}

// sixBits sets q to columns 16h to 16h+15 of the n-th 32. The bytes of nibbles
// stay for n+2.
func (k *kgemm) sixBits(h, n int) {
	f, raw := k.f, k.q[4:]
	f.Scope(func() {
		t, mask := f.V(), f.V()
		if k.by != smlal && n >= 2 {
			f.Movi(mask, 0xfc)
		}
		for c, v := range k.q[:4] {
			low := raw[c]
			if n < 2 {
				f.Shl(B16, t, k.dword(low, k.quants, "ql", n*8+4*h+c), 4)
				low = t
			}
			k.up(v, k.extra[c], 6-2*n)
			f.Sri(B16, v, low, 2)
			switch {
			case k.by == smlal:
				f.Right("sshr", B16, v, v, 2)
			case n >= 2:
				f.And(v, v, mask)
			}
		}
	})
}

// up is d = n << by.
func (k *kgemm) up(d, n V, by int) {
	if by == 0 {
		k.f.Mov(d, n)
	} else {
		k.f.Shl(B16, d, n, by)
	}
}
