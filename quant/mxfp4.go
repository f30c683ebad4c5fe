package quant

import "math"

// ValuesMXFP4 are twice the values of the 16 E2M1 codes (sign, exponent 2
// bits, mantissa 1 bit), which makes them integers.
var ValuesMXFP4 = [16]int8{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}

// BlockMXFP4 is 32 elements in 17 bytes, x = 2^(E-127)·[ValuesMXFP4][q]/2.
//
//	0 E u8 | 1 Qs [16]u8, low nibbles elements 0…15, high 16…31
type BlockMXFP4 struct {
	E  byte
	Qs [16]byte
}

func (b *BlockMXFP4) integers(v *Ints) {
	v.setD(e8m0Half(b.E), 2)
	lookup(v.bytes()[:32], b.Qs[:], &ValuesMXFP4)
}

// indexMXFP4 has, at 2|v| rounded down, the index of the element of
// [ValuesMXFP4] nearest to |v|: borders between two are multiples of 1/2.
var indexMXFP4 = [24]byte{0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 7, 7, 7, 7}

// nearestMXFP4 returns the index of the element of [ValuesMXFP4] nearest to v,
// never that of -0; 0 for a NaN.
func nearestMXFP4(v float64) byte {
	q := byte(7)
	if a := math.Abs(v); !(a > 0) {
		return 0
	} else if a < 12 {
		q = indexMXFP4[int(2*a)]
	}
	if v < 0 && q > 0 {
		q += 8
	}
	return q
}

// quantizeMXFP4 writes blocks with the best of three exponents: the one that
// brings the largest element near to the last value, and its neighbours.
// weights may be nil.
func quantizeMXFP4(dst []BlockMXFP4, src, weights []float32) {
	var f fit32
	for i := range dst {
		b := &dst[i]
		f.load(src[32*i:], weightsFrom(weights, 32*i))
		largest := 0.0
		for _, v := range f.x {
			largest = max(largest, math.Abs(v))
		}
		_, exp := math.Frexp(largest) // largest is from 2^(exp-1) to 2^exp, and 12·2^(E-128) the last value
		b.E = 0
		least := math.Inf(1)
		for e := exp + 123; e <= exp+125; e++ {
			if e < 0 || e > 252 || largest == 0 { // 12·2¹²⁵ is no float32
				continue
			}
			if err := f.errorMXFP4(byte(e)); err < least {
				b.E, least = byte(e), err
			}
		}
		d := float64(e8m0Half(b.E))
		for j, v := range f.x {
			f.q[j] = nearestMXFP4(v / d)
		}
		f.nibbles(&b.Qs)
	}
}

// errorMXFP4 returns the squared error with exponent e.
func (f *fit32) errorMXFP4(e byte) float64 {
	d, sum := float64(e8m0Half(e)), 0.0
	for i, v := range f.x {
		diff := v - float64(d*float64(ValuesMXFP4[nearestMXFP4(v/d)]))
		sum += float64(f.w[i] * diff * diff)
	}
	return sum
}
