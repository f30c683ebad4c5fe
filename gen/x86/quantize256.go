package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Quantize256 quantises activations for K-quants.
var Quantize256 = Kernel{"quantize256", func(f *File) {
	q := quantizer{
		f: f, abs: f.Const32("abs", 1<<31-1), top: f.Float32("top", 127),
		flip: f.Const32("flip", 0x80808080), order: f.packOrder(),
	}
	s := summer{f, f.Const32("ones8", 0x01010101), f.Const32("ones16", 0x00010001), q.order}
	f.Func("Quantize256", "func(x *float32, qs *int8, d *float32, sums *int16, blocks, stride int)",
		"Quantize256 quantises blocks of 256; qs, d and sums of each block lie stride bytes",
		"behind those of the one before:",
		"",
		"\tm = max(|x[0]|, …, |x[255]|), by bits, so that NaN is the largest",
		"\td = m / 127",
		"\tqs[i] = int8(roundToEven(x[i] * (127/m))), 0 unless 2**-100 <= m < Inf",
		"\tsums[i/16] += qs[i], i < 256",
		"\tsums[16+i/32] += qs[i], i < 256")
	x, qs, d, sums := f.Arg("x"), f.Arg("qs"), f.Arg("d"), f.Arg("sums")
	blocks, stride := f.Arg("blocks"), f.Arg("stride")
	q.load()
	f.While("block", blocks, 1, func() {
		q.block256(x, qs, d)
		s.sums(qs, sums)
		f.ADDQ(U32(1024), x)
		for _, p := range []reg.GPVirtual{qs, d, sums} {
			f.ADDQ(stride, p)
		}
	})
	f.End()
}}

// block256 fills qs and d of one block.
func (q *quantizer) block256(x, qs, d reg.GPVirtual) {
	const least, inf = (127 - 100) << 23, 0x7f800000
	f := q.f
	m := q.largest256(x)
	bits, t, id := f.GP32(), f.XMM(), f.V()[:1]
	f.VMOVD(m, bits)
	f.VDIVSS(q.topX, m, t)
	f.VMOVSS(t, Mem{Base: d}) // d = m / 127
	f.SUBL(U32(least), bits)
	f.CMPL(bits, U32(inf-least))
	none, next := f.fresh("none"), f.fresh("next")
	f.JCC(LabelRef(none))
	f.VDIVSS(m, q.topX, t)
	f.VBROADCASTSS(t, id[0])
	for i := range 8 {
		lo, hi := f.V(), f.V()
		for j, v := range []V{lo, hi} {
			f.LoadV(Mem{Base: x, Disp: 128*i + 64*j}, v)
			for h := range v {
				f.VMULPS(id[0], v[h], v[h])
				f.VCVTPS2DQ(v[h], v[h])
			}
		}
		f.VMOVDQU(q.pack(lo, hi), Mem{Base: qs, Disp: 32 * i})
	}
	f.JMP(LabelRef(next))
	f.Label(none)
	z := f.YMM()
	f.VPXOR(z, z, z)
	for i := range 8 {
		f.VMOVDQU(z, Mem{Base: qs, Disp: 32 * i})
	}
	f.Label(next)
}

// largest256 returns the bits of the largest magnitude of 256.
func (q *quantizer) largest256(x reg.GPVirtual) reg.VecVirtual {
	f := q.f
	var m [2]V // two chains
	for i := range 16 {
		a := f.V()
		f.LoadV(Mem{Base: x, Disp: 64 * i}, a)
		for h := range a {
			f.VANDPS(q.absN, a[h], a[h])
			if i >= 2 {
				f.VPMAXSD(a[h], m[i%2][h], m[i%2][h])
			}
		}
		if i < 2 {
			m[i] = a
		}
	}
	for h := range m[0] {
		f.VPMAXSD(m[1][h], m[0][h], m[0][h])
	}
	return f.Tree(m[0], f.VPMAXSD)
}

// summer adds up quants; its registers are YMM in every tier.
type summer struct {
	f                    *File
	ones8, ones16, order Mem
}

// sums stores the sums of 16 and of 32 of a block's quants.
func (s summer) sums(qs, sums reg.GPVirtual) {
	f := s.f
	lo, hi, order := s.eight(qs, 0), s.eight(qs, 128), f.YMM()
	f.VMOVDQU(s.order, order)
	f.VPERMD(lo, order, lo)
	f.VPERMD(hi, order, hi)
	f.VPACKSSDW(hi, lo, lo)
	f.VPERMQ(U8(0xd8), lo, lo) // sixteen sums, in order
	f.VMOVDQU(lo, Mem{Base: sums})
	f.VPMADDWD(s.ones16, lo, lo)
	f.VPACKSSDW(lo, lo, lo)
	f.VPERMQ(U8(0x08), lo, lo)
	f.VMOVDQU(lo.AsX(), Mem{Base: sums, Disp: 32})
}

// eight returns eight sums of 16 quants from off on: of even groups, then odd.
func (s summer) eight(qs reg.GPVirtual, off int) reg.VecVirtual {
	f := s.f
	var v [4]reg.VecVirtual
	for i := range v {
		v[i] = f.YMM()
		f.VMOVDQU(s.ones8, v[i])
		f.VPMADDUBSW(Mem{Base: qs, Disp: off + 32*i}, v[i], v[i])
		f.VPMADDWD(s.ones16, v[i], v[i]) // sums of four
	}
	f.VPHADDD(v[1], v[0], v[0])
	f.VPHADDD(v[3], v[2], v[2])
	f.VPHADDD(v[2], v[0], v[0])
	return v[0]
}
