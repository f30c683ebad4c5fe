package simd

import "math"

// Coefficients of Exp: Cephes' expf. [cephes] S. Moshier, Cephes Math Library.
const (
	expHi    = 88  // above: +Inf
	expLo    = -87 // below: 0, so that no result is subnormal
	log2e    = 1.44269504088896341
	expMagic = 12582912 // 1.5·2²³: adding and subtracting rounds to an integer
	ln2Hi    = 0.693359375
	ln2Lo    = -2.12194440e-4
	expC0    = 1.9875691500e-4
	expC1    = 1.3981999507e-3
	expC2    = 8.3334519073e-3
	expC3    = 4.1665795894e-2
	expC4    = 1.6666665459e-1
	expC5    = 5.0000001201e-1
)

// Exp returns e**x with a relative error below 1e-7 (2 ulp), the same bits on
// every machine: multiplies and adds, each rounded.
//
// It is 0 below -87 and +Inf above 88, so that no intermediate is subnormal.
func Exp(x float32) float32 {
	switch {
	case x != x:
		return x
	case x > expHi:
		return float32(math.Inf(1))
	case x < expLo:
		return 0
	}
	n := float32(float32(x*log2e)+expMagic) - expMagic
	r := float32(x-float32(n*ln2Hi)) - float32(n*ln2Lo)
	p := float32(expC0)
	p = float32(p*r) + expC1
	p = float32(p*r) + expC2
	p = float32(p*r) + expC3
	p = float32(p*r) + expC4
	p = float32(p*r) + expC5
	y := float32(float32(float32(r*r)*p)+r) + 1
	return math.Float32frombits(math.Float32bits(y) + uint32(int32(n))<<23)
}

// The float64 functions below are made of single rounded operations (explicit
// conversions forbid fusing), so that tables made with them have the same bits
// on every machine; math's own use assembly and fused operations on some.
//
// [fdlibm] Sun Microsystems, Freely Distributable Math Library, k_sin.c, k_cos.c, e_log.c.

// mul is a product rounded before anything is added to it.
func mul(x, y float64) float64 { return float64(x * y) }

// poly returns c[0] + c[1]·x + c[2]·x² + …, by Horner's rule.
func poly(x float64, c ...float64) float64 {
	s := 0.0
	for i := len(c) - 1; i >= 0; i-- {
		s = mul(s, x) + c[i]
	}
	return s
}

// SinCos returns the sine and cosine of x radians with an absolute error below
// 1e-15 for |x| < 2²⁰.
func SinCos(x float64) (sin, cos float64) {
	const (
		twoOverPi = 0.63661977236758134308
		pio2Hi    = 1.57079632673412561417 // first 33 bits of π/2
		pio2Mid   = 6.07710050630396597660e-11
		pio2Lo    = 2.02226624879595063154e-21
	)
	k := math.RoundToEven(mul(x, twoOverPi))
	r := x - mul(k, pio2Hi)
	r -= mul(k, pio2Mid)
	r -= mul(k, pio2Lo)
	s, c := sinPoly(r), cosPoly(r)
	switch int64(k) & 3 {
	case 0:
		return s, c
	case 1:
		return c, -s
	case 2:
		return -s, -c
	}
	return -c, s
}

// sinPoly is the sine for |r| ≤ π/4 [fdlibm].
func sinPoly(r float64) float64 {
	z := mul(r, r)
	p := poly(z, -1.66666666666666324348e-01, 8.33333333332248946124e-03,
		-1.98412698298579493134e-04, 2.75573137070700676789e-06,
		-2.50507602534068634195e-08, 1.58969099521155010221e-10)
	return r + mul(mul(r, z), p)
}

// cosPoly is the cosine for |r| ≤ π/4 [fdlibm].
func cosPoly(r float64) float64 {
	z := mul(r, r)
	p := poly(z, 4.16666666666666019037e-02, -1.38888888888741095749e-03,
		2.48015872894767294178e-05, -2.75573143513906633035e-07,
		2.08757232129817482790e-09, -1.13596475577881948265e-11)
	return 1 - (mul(0.5, z) - mul(mul(z, z), p))
}

// Log returns the natural logarithm of x > 0 with a relative error below
// 1e-15, NaN for x < 0 and -Inf for 0.
func Log(x float64) float64 {
	switch {
	case x != x || math.IsInf(x, 1):
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	f, e := math.Frexp(x) // x = f·2ᵉ, ½ ≤ f < 1
	if f < math.Sqrt2/2 {
		f, e = f*2, e-1
	}
	f--
	s := f / (2 + f)
	z := mul(s, s)
	r := mul(z, poly(z, 6.666666666666735130e-01, 3.999999999940941908e-01,
		2.857142874366239149e-01, 2.222219843214978396e-01,
		1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01))
	h := mul(mul(0.5, f), f)
	k := float64(e)
	return mul(k, ln2High) - ((h - (mul(s, h+r) + mul(k, ln2Low))) - f)
}

// ln 2 in two parts; the product of the first with a small integer is exact.
const (
	ln2High = 6.93147180369123816490e-01
	ln2Low  = 1.90821492927058770002e-10
)

// exp64 returns e**x for |x| < 700 with a relative error below 1e-15.
func exp64(x float64) float64 {
	k := math.RoundToEven(mul(x, math.Log2E))
	r := x - mul(k, ln2High)
	r -= mul(k, ln2Low)
	s := 1.0 // Taylor's series; |r| ≤ 0.35, so 14 terms
	for i := 14; i > 0; i-- {
		s = 1 + mul(s, r)/float64(i)
	}
	return math.Ldexp(s, int(k))
}

// Pow returns x**y for x > 0 with a relative error below 1e-15·(1+|y·ln x|);
// the result is clamped to the range of e**±700.
func Pow(x, y float64) float64 {
	return exp64(max(-700, min(700, mul(y, Log(x)))))
}
