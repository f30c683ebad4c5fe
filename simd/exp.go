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
