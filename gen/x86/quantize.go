package x86

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Quantize32 quantises activations into panels' records.
var Quantize32 = Kernel{"quantize32", func(f *File) {
	q := quantizer{
		f: f, abs: f.Const32("abs", 1<<31-1), top: f.Float32("top", 127),
		flip: f.Const32("flip", 0x80808080), order: f.packOrder(),
	}
	f.Func("Quantize32", "func(x *float32, qs *int8, d *float32, bias, bias128 *int32, blocks, stride int)",
		"Quantize32 quantises blocks of 32; qs, d and biases of each block lie stride",
		"bytes behind those of the one before:",
		"",
		"\tm = max(|x[0]|, …, |x[31]|), by bits, so that NaN is the largest",
		"\td = m / 127",
		"\tqs[i] = int8(roundToEven(x[i] * (127/m))), 0 unless 2**-100 <= m < Inf",
		"\tbias, bias128 = -8 * (qs[0] + … + qs[31]), 16 * bias")
	x, qs, d, bias, bias128 := f.Arg("x"), f.Arg("qs"), f.Arg("d"), f.Arg("bias"), f.Arg("bias128")
	blocks, stride := f.Arg("blocks"), f.Arg("stride")
	q.load()
	f.While("block", blocks, 1, func() {
		q.block(x, qs, d, bias, bias128)
		f.ADDQ(U32(128), x)
		for _, p := range []reg.GPVirtual{qs, d, bias, bias128} {
			f.ADDQ(stride, p)
		}
	})
	f.End()
}}

// quantizer are the constants: in memory, then in registers.
type quantizer struct {
	f                     *File
	abs, top, flip, order Mem
	absN                  Op
	topX, flipY, orderY   reg.VecVirtual
}

// packOrder undoes the interleaving of the packing instructions of AVX2.
func (f *File) packOrder() Mem {
	m := f.StaticGlobal("order")
	f.DataAttributes(attr.RODATA | attr.NOPTR)
	for _, i := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
		f.AppendDatum(U32(i))
	}
	return m
}

func (q *quantizer) load() {
	f := q.f
	q.absN, q.topX, q.flipY = f.num(q.abs), f.XMM(), f.YMM()
	f.VMOVSS(q.top, q.topX)
	f.VMOVDQU(q.flip, q.flipY)
	if !f.Wide {
		q.orderY = f.YMM()
		f.VMOVDQU(q.order, q.orderY)
	}
}

// block quantises one block.
func (q *quantizer) block(x, qs, d, bias, bias128 reg.GPVirtual) {
	const least, inf = (127 - 100) << 23, 0x7f800000
	f := q.f
	lo, hi := f.V(), f.V()
	f.LoadV(Mem{Base: x}, lo)
	f.LoadV(Mem{Base: x, Disp: 64}, hi)
	m := q.largest(lo, hi)
	bits, t := f.GP32(), f.XMM()
	f.VMOVD(m, bits)
	f.VDIVSS(q.topX, m, t)
	f.VMOVSS(t, Mem{Base: d}) // d = m / 127
	f.SUBL(U32(least), bits)
	f.CMPL(bits, U32(inf-least))
	none, next := f.fresh("none"), f.fresh("next")
	f.JCC(LabelRef(none))
	f.VDIVSS(m, q.topX, t)
	id := f.V()[:1]
	f.VBROADCASTSS(t, id[0])
	for _, v := range []V{lo, hi} {
		for h := range v {
			f.VMULPS(id[0], v[h], v[h])
			f.VCVTPS2DQ(v[h], v[h])
		}
	}
	b := q.pack(lo, hi)
	f.VMOVDQU(b, Mem{Base: qs})
	q.sum(b, bias, bias128)
	f.JMP(LabelRef(next))
	f.Label(none)
	f.VPXOR(b, b, b)
	f.VMOVDQU(b, Mem{Base: qs})
	f.MOVL(U32(0), Mem{Base: bias})
	f.MOVL(U32(0), Mem{Base: bias128})
	f.Label(next)
}

// largest returns the largest magnitude's bits.
func (q *quantizer) largest(lo, hi V) reg.VecVirtual {
	f := q.f
	a, b := f.V(), f.V()
	for h := range a {
		f.VANDPS(q.absN, lo[h], a[h])
		f.VANDPS(q.absN, hi[h], b[h])
		f.VPMAXSD(a[h], b[h], a[h])
	}
	return f.Tree(a, f.VPMAXSD)
}

// pack narrows 32 integers to bytes.
func (q *quantizer) pack(lo, hi V) reg.VecVirtual {
	f, b := q.f, q.f.YMM()
	if f.Wide {
		t := f.XMM()
		f.VPMOVDB(lo[0], b.AsX())
		f.VPMOVDB(hi[0], t)
		f.VINSERTI128(U8(1), t, b, b)
		return b
	}
	t := f.YMM()
	f.VPACKSSDW(lo[1], lo[0], b)
	f.VPACKSSDW(hi[1], hi[0], t)
	f.VPACKSSWB(t, b, b)
	f.VPERMD(b, q.orderY, b)
	return b
}

// sum stores -8·Σ b and -128·Σ b: bytes with 128 added are unsigned, and VPSADBW adds those.
func (q *quantizer) sum(b reg.VecVirtual, bias, bias128 reg.GPVirtual) {
	f := q.f
	y, x, s := f.YMM(), f.XMM(), f.GP32()
	f.VPXOR(y, y, y)
	u := f.YMM()
	f.VPXOR(q.flipY, b, u)
	f.VPSADBW(y, u, y)
	f.VEXTRACTI128(U8(1), y, x)
	f.VPADDD(y.AsX(), x, x)
	f.VPSHUFD(U8(0xee), x, y.AsX())
	f.VPADDD(y.AsX(), x, x)
	f.VMOVD(x, s)
	f.SUBL(U32(32*128), s)
	f.SHLL(U8(3), s)
	f.NEGL(s)
	f.MOVL(s, Mem{Base: bias})
	f.SHLL(U8(4), s)
	f.MOVL(s, Mem{Base: bias128})
}
