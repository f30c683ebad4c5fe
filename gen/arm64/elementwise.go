package arm64

import . "github.com/querent-ai/chord/gen/a64"

// Elementwise are the loops without sums.
var Elementwise = Kernel{Name: "elementwise", Write: func(f *File) {
	add(f)
	scale(f)
	scaleMul(f)
	mulAdd(f)
	axpy(f)
	toF16(f)
	fromF16(f)
}}

func add(f *File) {
	f.Func("Add", "dst []float32, x []float32", "",
		"Add is a sum:", "", "\tfor i := range dst { dst[i] += x[i] }")
	dst, n, x := f.Arg("dst_base"), f.Arg("dst_len"), f.Arg("x_base")
	each(f, n, func(g group) {
		a, b := g.peek(dst), g.load(x)
		by(f.Fadd, a, a, b)
		g.store(a, dst)
	})
	f.End()
}

func scale(f *File) {
	f.Func("Scale", "x []float32, s float32", "",
		"Scale is a product:", "", "\tfor i := range x { x[i] *= s }")
	x, n, s := f.Arg("x_base"), f.Arg("x_len"), f.SplatArg("s")
	scaleBy(f, x, n, s)
	f.End()
}

// scaleBy multiplies n elements by s, which is in all lanes.
func scaleBy(f *File, x, n R, s V) {
	each(f, n, func(g group) {
		a := g.peek(x)
		by(f.Fmul, a, a, []V{s})
		g.store(a, x)
	})
}

func scaleMul(f *File) {
	f.Func("ScaleMul", "dst []float32, x []float32, w []float32, s float32", "",
		"ScaleMul is two products:", "", "\tfor i := range dst { dst[i] = x[i] * s * w[i] }")
	dst, n, x, w, s := f.Arg("dst_base"), f.Arg("dst_len"), f.Arg("x_base"), f.Arg("w_base"), f.SplatArg("s")
	each(f, n, func(g group) {
		a, b := g.load(x), g.load(w)
		by(f.Fmul, a, a, []V{s})
		by(f.Fmul, a, a, b)
		g.store(a, dst)
	})
	f.End()
}

func mulAdd(f *File) {
	f.Func("MulAdd", "dst []float32, x []float32, w []float32", "",
		"MulAdd is a sum with a product:", "", "\tfor i := range dst { dst[i] += float32(x[i] * w[i]) }")
	dst, n, x, w := f.Arg("dst_base"), f.Arg("dst_len"), f.Arg("x_base"), f.Arg("w_base")
	each(f, n, func(g group) {
		a, b, c := g.load(x), g.load(w), g.peek(dst)
		by(f.Fmul, a, a, b)
		by(f.Fadd, c, c, a)
		g.store(c, dst)
	})
	f.End()
}

func axpy(f *File) {
	f.Func("Axpy", "dst []float32, x []float32, a float32", "",
		"Axpy is a sum with a product:", "", "\tfor i := range dst { dst[i] += float32(a * x[i]) }")
	dst, n, x, a := f.Arg("dst_base"), f.Arg("dst_len"), f.Arg("x_base"), f.SplatArg("a")
	each(f, n, func(g group) {
		b, c := g.load(x), g.peek(dst)
		by(f.Fmul, b, b, []V{a})
		by(f.Fadd, c, c, b)
		g.store(c, dst)
	})
	f.End()
}

func toF16(f *File) {
	f.Func("ToF16", "dst []uint16, src []float32", "",
		"ToF16 rounds to f16, ties to even:", "", "\tfor i, v := range src { dst[i] = quant.F32ToF16(v) }")
	dst, src, n := f.Arg("dst_base"), f.Arg("src_base"), f.Arg("src_len")
	each(f, n, func(g group) {
		a := g.load(src)
		for i := 0; i < len(a); i += 2 {
			f.Fcvtn(a[i], a[i])
			if i+1 < len(a) {
				f.Fcvtn2(a[i], a[i+1])
			}
		}
		switch g.elems {
		case 16:
			f.StP(a[0], a[2], dst.At(0))
		case 4:
			f.StD(a[0], dst.At(0))
		case 1:
			f.StLane(H8, a[0], 0, dst)
		}
		f.AddI(dst, dst, 2*g.elems)
	})
	f.End()
}

func fromF16(f *File) {
	f.Func("FromF16", "dst []float32, src []uint16", "",
		"FromF16 is the values of f16:", "", "\tfor i, h := range src { dst[i] = quant.F16ToF32(h) }")
	dst, src, n := f.Arg("dst_base"), f.Arg("src_base"), f.Arg("src_len")
	each(f, n, func(g group) {
		a := g.regs()
		switch g.elems {
		case 16:
			f.LdP(a[0], a[2], src.At(0))
			f.Fcvtl2(a[1], a[0])
			f.Fcvtl2(a[3], a[2])
			f.Fcvtl(a[2], a[2])
		case 4:
			f.LdD(a[0], src.At(0))
		case 1:
			f.LdLane(H8, a[0], 0, src) // other lanes are whatever was there before
		}
		f.Fcvtl(a[0], a[0])
		f.AddI(src, src, 2*g.elems)
		g.store(a, dst)
	})
	f.End()
}
