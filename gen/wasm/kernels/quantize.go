package kernels

import . "github.com/querent-ai/chord/gen/wasm"

// Bits of 2⁻¹⁰⁰ and of +Inf, between which a block has quants.
const (
	quantMin = (127 - 100) << 23
	quantInf = 0x7f800000
)

// quantize writes the functions that quantise activations.
func (w *writer) quantize() {
	k := w.kernel("Quantize32", "x *float32, qs *int8, d *float32, bias *int32, bias128 *int32, blocks int, stride int", "", "",
		"Quantize32 quantises blocks of 32; qs, d and biases of each block lie stride",
		"bytes behind those of the one before:",
		"",
		"\tm = max(|x[0]|, …, |x[31]|), by bits, so that NaN is the largest",
		"\td = m / 127",
		"\tqs[i] = int8(roundToEven(x[i] * (127/m))), 0 unless 2**-100 <= m < Inf",
		"\tbias, bias128 = -8 * (qs[0] + … + qs[31]), 16 * bias")
	x, qs, bias, bias128 := k.arg("x"), k.arg("qs"), k.arg("bias"), k.arg("bias128")
	k.While(k.arg("blocks"), 1, func() {
		m := k.Local(V128)
		k.Set(m, Bits(0))
		for i := range 8 {
			k.Set(m, I32x4MaxU(m.Expr, V128And(k.Load(x.Expr, 16*i), Bits(0x7fffffff))))
		}
		id := k.divide(m)
		s := k.Let(I32x4Pairs(I16x8Add(k.round(x, qs, 0, id), k.round(x, qs, 16, id))))
		k.across(s)
		k.Store(bias.Expr, 0, Sub(Const(0), Shl(Lane(s.Expr, 0), Const(3))))
		k.Store(bias128.Expr, 0, Sub(Const(0), Shl(Lane(s.Expr, 0), Const(7))))
		k.Inc(x, 128)
		k.step(qs, k.arg("d"), bias, bias128)
	})

	k = w.kernel("Quantize256", "x *float32, qs *int8, d *float32, sums *int16, blocks int, stride int", "", "",
		"Quantize256 quantises blocks of 256; qs, d and sums of each block lie stride bytes",
		"behind those of the one before:",
		"",
		"\tm = max(|x[0]|, …, |x[255]|), by bits, so that NaN is the largest",
		"\td = m / 127",
		"\tqs[i] = int8(roundToEven(x[i] * (127/m))), 0 unless 2**-100 <= m < Inf",
		"\tsums[i/16] += qs[i], i < 256",
		"\tsums[16+i/32] += qs[i], i < 256")
	k.quantize256()
}

// step goes on to the next block.
func (k *kernel) step(pointers ...Var) {
	for _, p := range pointers {
		k.Set(p, Add(p.Expr, k.Wide(k.arg("stride").Expr)))
	}
}

// across adds up the lanes of int32.
func (k *kernel) across(s Var) {
	k.Set(s, I32x4Add(s.Expr, Dwords(s.Expr, s.Expr, 2, 3, 2, 3)))
	k.Set(s, I32x4Add(s.Expr, Dwords(s.Expr, s.Expr, 1, 1, 1, 1)))
}

// divide stores a block's scale and returns 127/m, 0 where there are no quants; m
// are the bits of magnitudes, the largest of which is m.
func (k *kernel) divide(m Var) Var {
	k.Set(m, I32x4MaxU(m.Expr, Dwords(m.Expr, m.Expr, 2, 3, 0, 1)))
	k.Set(m, I32x4MaxU(m.Expr, Dwords(m.Expr, m.Expr, 1, 0, 3, 2)))
	k.StoreLane(k.arg("d").Expr, 0, F32x4Div(m.Expr, Float(127)), 4)
	has := V128And(I32x4GeS(m.Expr, Bits(quantMin)), I32x4GtS(Bits(quantInf), m.Expr))
	return k.Let(V128And(F32x4Div(Float(127), m.Expr), has))
}

// round stores the sixteen quants from x[at] on to qs[at] and returns the sums of
// pairs of them, int16. Quants of a factor of 0 are 0, also those of NaN.
func (k *kernel) round(x, qs Var, at int, id Var) Expr {
	var n [4]Expr
	for i := range n {
		magic := F32x4Add(F32x4Mul(k.Load(x.Expr, 4*at+16*i), id.Expr), Float(12582912)) // the low bits are the integer
		n[i] = V128And(I32x4Sub(magic, Bits(0x4b400000)), I32x4GtS(id.Expr, Bits(0)))
	}
	q := k.Let(I8x16NarrowI16x8(I16x8NarrowI32x4(n[0], n[1]), I16x8NarrowI32x4(n[2], n[3])))
	k.Store(qs.Expr, at, q.Expr)
	return I16x8Pairs(q.Expr)
}

// quantize256 is the body of Quantize256.
func (k *kernel) quantize256() {
	x, qs, sums := k.arg("x"), k.arg("qs"), k.arg("sums")
	m, p, q, to, n := k.Local(V128), k.Local(k.w.Ptr), k.Local(k.w.Ptr), k.Local(k.w.Ptr), k.Local(I32)
	k.While(k.arg("blocks"), 1, func() {
		k.Set(m, Bits(0))
		k.Set(p, x.Expr)
		k.Set(n, Const(16))
		k.Loop(n, func() {
			for i := range 4 {
				k.Set(m, I32x4MaxU(m.Expr, V128And(k.Load(p.Expr, 16*i), Bits(0x7fffffff))))
			}
			k.Inc(p, 64)
		})
		id := k.divide(m)
		k.Set(p, x.Expr)
		k.Set(q, qs.Expr)
		k.Set(to, sums.Expr)
		k.Set(n, Const(16))
		k.Loop(n, func() {
			s := k.Let(I32x4Pairs(k.round(p, q, 0, id)))
			k.across(s)
			k.Store16(to.Expr, 0, Lane(s.Expr, 0))
			k.Inc(p, 64)
			k.Inc(q, 16)
			k.Inc(to, 2)
		})
		pairs := func(off int) Expr { return I32x4Pairs(k.Load(sums.Expr, off)) }
		k.Store(sums.Expr, 32, I16x8NarrowI32x4(pairs(0), pairs(16)))
		k.Inc(x, 1024)
		k.step(qs, k.arg("d"), sums)
	})
}
