package arm64

import . "github.com/querent-ai/chord/gen/a64"

// Quantize32 quantises activations into panels' records.
var Quantize32 = []Kernel{{Name: "quantize32", Write: func(f *File) {
	f.Func("Quantize32", "x *float32, qs *int8, d *float32, bias *int32, bias128 *int32, blocks int, stride int", "",
		"Quantize32 quantises blocks of 32; qs, d and biases of each block lie stride",
		"bytes behind those of the one before:",
		"",
		"\tm = max(|x[0]|, …, |x[31]|), by bits, so that NaN is the largest",
		"\td = m / 127",
		"\tqs[i] = int8(roundToEven(x[i] * (127/m))), 0 unless 2**-100 <= m < Inf",
		"\tbias, bias128 = -8 * (qs[0] + … + qs[31]), 16 * bias")
	x, qs, d, bias, bias128 := f.Arg("x"), f.Arg("qs"), f.Arg("d"), f.Arg("bias"), f.Arg("bias128")
	blocks, stride := f.Arg("blocks"), f.Arg("stride")
	q := newQuantizer(f)
	f.While("block", blocks, 1, func() {
		q.largest(x)
		q.divide(d)
		q.quants(qs, bias, bias128)
		for _, p := range []R{qs, d, bias, bias128} {
			f.AddR(p, p, stride)
		}
	})
	f.End()
}}}

// quantizer are a block of 32 in registers and what it takes to quantise it.
type quantizer struct {
	f             *File
	x             []V
	a             [4]V
	m, id, top    V
	bits, span, s R
}

func newQuantizer(f *File) *quantizer {
	q := &quantizer{f: f, x: f.Vs(8), m: f.V(), id: f.V(), top: f.Splat("top", 0x42fe0000)} // 127
	for i := range q.a {
		q.a[i] = f.V()
	}
	q.bits, q.span, q.s = f.R(), f.R(), f.R()
	f.Const(q.span, quantInf-quantMin)
	return q
}

// Bits of 2⁻¹⁰⁰ and of +Inf, between which a block has quants.
const (
	quantMin = (127 - 100) << 23
	quantInf = 0x7f800000
)

// largest loads a block and sets m to the bits of the largest magnitude.
func (q *quantizer) largest(p R) {
	f := q.f
	f.Ld1(q.x[:4], p, Next)
	f.Ld1(q.x[4:], p, Next)
	for i, a := range q.a {
		f.One("fabs", S4, a, q.x[i])
		f.One("fabs", S4, q.m, q.x[i+4])
		f.Same("umax", S4, a, a, q.m)
	}
	q.across()
}

// across sets m to the largest lane of a.
func (q *quantizer) across() {
	f := q.f
	f.Same("umax", S4, q.a[0], q.a[0], q.a[1])
	f.Same("umax", S4, q.a[2], q.a[2], q.a[3])
	f.Same("umax", S4, q.m, q.a[0], q.a[2])
	f.Across("umaxv", S4, q.m, q.m)
}

// divide stores a block's scale and sets bits to those of m less quantMin, and
// id to 127/m.
func (q *quantizer) divide(d R) {
	f := q.f
	f.Umov(S4, q.bits, q.m, 0)
	f.Fdiv(q.id, q.m, q.top)
	f.StS(q.id, d.At(0)) // d = m / 127
	f.Const(q.s, quantMin)
	f.SubR(q.bits, q.bits, q.s)
	f.Fdiv(q.id, q.top, q.m)
}

// round makes 32 quants of x, in its first two registers.
func (q *quantizer) round() {
	f, x := q.f, q.x
	for _, v := range x {
		f.FmulLane(v, v, q.id, 0)
		f.Fcvtns(v, v)
	}
	for i := range 4 { // |q| is at most 127: nothing saturates
		f.Narrow("sqxtn", H4, x[2*i], x[2*i])
		f.Narrow("sqxtn", H8, x[2*i], x[2*i+1])
	}
	f.Narrow("sqxtn", B8, x[0], x[0])
	f.Narrow("sqxtn", B16, x[0], x[2])
	f.Narrow("sqxtn", B8, x[1], x[4])
	f.Narrow("sqxtn", B16, x[1], x[6])
}

// quants stores a block's quants and their sum.
func (q *quantizer) quants(qs, bias, bias128 R) {
	f, x := q.f, q.x
	none, next := f.Label("none"), f.Label("next")
	f.Cmp(q.bits, q.span)
	f.Branch("BHS", none)
	q.round()
	f.StP(x[0], x[1], qs.At(0))
	f.Pair("saddlp", B16, x[2], x[0])
	f.Pair("sadalp", B16, x[2], x[1])
	f.Pair("saddlp", H8, x[2], x[2])
	f.Across("addv", S4, x[2], x[2])
	f.Shl(S4, x[2], x[2], 3)
	f.One("neg", S4, x[2], x[2])
	f.StS(x[2], bias.At(0))
	f.Shl(S4, x[2], x[2], 4)
	f.StS(x[2], bias128.At(0))
	f.Branch("B", next)
	f.Place(none)
	f.Movi(x[0], 0)
	f.StP(x[0], x[0], qs.At(0))
	f.StS(x[0], bias.At(0))
	f.StS(x[0], bias128.At(0))
	f.Place(next)
}
