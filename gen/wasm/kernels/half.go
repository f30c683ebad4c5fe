package kernels

import . "github.com/querent-ai/chord/gen/wasm"

// fromHalf is four f16, in the low halves of lanes with their signs above them, as
// float32: exactly, also of subnormal numbers.
func (k *kernel) fromHalf(h Expr) Expr {
	bits := k.Let(V128And(I32x4Shl(h, 13), k.Vec(0x8fffe000)))
	special := I32x4Eq(V128And(bits.Expr, k.Vec(0x0f800000)), k.Vec(0x0f800000)) // Inf and NaN
	value := F32x4Mul(bits.Expr, k.Vec(0x77800000))
	return V128Or(value, V128And(special, k.Vec(0x7f800000)))
}

// toHalf is v rounded to f16, ties to even, in the low halves of lanes.
func (k *kernel) toHalf(v Expr) Expr {
	b := k.Let(v)
	a := k.Let(V128And(b.Expr, Bits(0x7fffffff)))
	odd := V128And(I32x4ShrU(a.Expr, 13), Bits(1))
	normal := I32x4ShrU(I32x4Add(I32x4Add(I32x4Sub(a.Expr, Bits(112<<23)), Bits(0xfff)), odd), 13)
	small := I32x4Sub(F32x4Add(a.Expr, Float(0.5)), Bits(126<<23))
	nan := V128Or(Bits(0x7e00), V128And(I32x4ShrU(a.Expr, 13), Bits(0x3ff)))
	h := Select(small, normal, I32x4LtS(a.Expr, Bits(0x38800000)))
	h = Select(Bits(0x7c00), h, I32x4GeS(a.Expr, Bits(0x47800000)))
	h = Select(nan, h, I32x4GtS(a.Expr, Bits(0x7f800000)))
	return V128Or(h, V128And(I32x4ShrU(b.Expr, 16), Bits(0x8000)))
}

// halves writes the conversions of f16.
func (w *writer) halves() {
	k := w.kernel("ToF16", "dst []uint16, src []float32", "", "src",
		"ToF16 rounds to f16, ties to even:", "", "\tfor i, v := range src { dst[i] = quant.F32ToF16(v) }")
	dst, src := k.arg("dst"), k.arg("src")
	k.each(k.n, func(g group) {
		h := k.Let(k.toHalf(g.load(src)))
		k.StoreLane(dst.Expr, 0, I16x8NarrowI32x4U(h.Expr, h.Expr), 2*g.elems)
		k.Inc(dst, 2*g.elems)
		g.next(src)
	})

	k = w.kernel("FromF16", "dst []float32, src []uint16", "", "src",
		"FromF16 is the values of f16:", "", "\tfor i, h := range src { dst[i] = quant.F16ToF32(h) }")
	dst, src = k.arg("dst"), k.arg("src")
	k.each(k.n, func(g group) {
		h := k.LoadI16(src.Expr, 0)
		if g.elems == 1 {
			h = I32x4ExtendLow(k.Splat16(src.Expr, 0))
		}
		g.store(dst, k.fromHalf(h))
		k.Inc(src, 2*g.elems)
		g.next(dst)
	})
}
