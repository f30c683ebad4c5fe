package arm64

import . "github.com/querent-ai/chord/gen/a64"

// Quantize256 quantises activations for K-quants.
var Quantize256 = Kernel{Name: "quantize256", Write: func(f *File) {
	f.Func("Quantize256", "x *float32, qs *int8, d *float32, sums *int16, blocks int, stride int", "",
		"Quantize256 quantises blocks of 256; qs, d and sums of each block lie stride bytes",
		"behind those of the one before:",
		"",
		"\tm = max(|x[0]|, …, |x[255]|), by bits, so that NaN is the largest",
		"\td = m / 127",
		"\tqs[i] = int8(roundToEven(x[i] * (127/m))), 0 unless 2**-100 <= m < Inf",
		"\tsums[i/16] += qs[i], i < 256",
		"\tsums[16+i/32] += qs[i], i < 256")
	x, qs, d, sums := f.Arg("x"), f.Arg("qs"), f.Arg("d"), f.Arg("sums")
	blocks, stride, p, n := f.Arg("blocks"), f.Arg("stride"), f.R(), f.R()
	q := newQuantizer(f)
	f.While("block", blocks, 1, func() {
		f.MovR(p, x)
		q.largest256(p, n)
		q.divide(d)
		q.quants256(x, qs, p, n)
		q.sums256(qs, sums)
		for _, p := range []R{qs, d, sums} {
			f.AddR(p, p, stride)
		}
	})
	f.End()
}}

// largest256 sets m to the bits of the largest magnitude of 256.
func (q *quantizer) largest256(p, n R) {
	f, x := q.f, q.x[:4]
	for _, a := range q.a {
		f.Movi(a, 0)
	}
	f.Const(n, 16)
	f.Loop("largest", n, func() {
		f.Ld1(x, p, Next)
		for i, a := range q.a {
			f.One("fabs", S4, x[i], x[i])
			f.Same("umax", S4, a, a, x[i])
		}
	})
	q.across()
}

// quants256 stores a block's quants and moves x on.
func (q *quantizer) quants256(x, qs, p, n R) {
	f := q.f
	none, next := f.Label("none"), f.Label("next")
	f.MovR(p, qs)
	f.Const(n, 8)
	f.Cmp(q.bits, q.span)
	f.Branch("BHS", none)
	f.Loop("quants", n, func() {
		f.Ld1(q.x[:4], x, Next)
		f.Ld1(q.x[4:], x, Next)
		q.round()
		f.StP(q.x[0], q.x[1], p.At(0))
		f.AddI(p, p, 32)
	})
	f.Branch("B", next)
	f.Place(none)
	f.Movi(q.x[0], 0)
	f.Loop("zeros", n, func() {
		f.StP(q.x[0], q.x[0], p.At(0))
		f.AddI(p, p, 32)
	})
	f.AddI(x, x, 1024)
	f.Place(next)
}

// sums256 stores the sums of 16 and of 32 of a block's quants.
func (q *quantizer) sums256(qs, sums R) {
	f := q.f
	s := q.a[:2]
	for i := range s { // eight groups of sixteen
		x := q.x
		for k := range x {
			f.LdQ(x[k], qs.At(128*i+16*k))
			f.Pair("saddlp", B16, x[k], x[k])
		}
		for n := 8; n > 1; n /= 2 {
			for k := range n / 2 {
				f.Addp(H8, x[k], x[2*k], x[2*k+1])
			}
		}
		f.Mov(s[i], x[0])
	}
	f.StP(s[0], s[1], sums.At(0))
	f.Addp(H8, s[0], s[0], s[1])
	f.StQ(s[0], sums.At(32))
}
