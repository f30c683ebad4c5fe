package quant

import "math"

// ValuesMXFP4 are the values of the 16 E2M1 codes (sign, 2 bit exponent, 1 bit
// mantissa), doubled, so that they are integers.
var ValuesMXFP4 = [16]int8{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}

// BlockMXFP4 is 32 elements in 17 bytes, x = 2^(E-127)·[ValuesMXFP4][q]/2.
//
//	0 E u8 | 1 Qs [16]u8, low nibbles elements 0…15, high 16…31
type BlockMXFP4 struct {
	E  byte
	Qs [16]byte
}

// e8m0Half returns half of the E8M0 scale e, 2^(e-128), since [ValuesMXFP4] are
// doubled. As in ggml, 255 is 2¹²⁷; in the specification it is a NaN.
//
// OCP Microscaling Formats (MX) Specification 1.0, section 5.4.1.
func e8m0Half(e byte) float32 {
	if e < 2 {
		return math.Float32frombits(0x00200000 << e) // subnormal
	}
	return math.Float32frombits(uint32(e-1) << 23)
}

func (b *BlockMXFP4) integers(v *Ints) {
	v.setD(e8m0Half(b.E), 2)
	lookup4(v.bytes()[:32], b.Qs[:], &ValuesMXFP4)
}

// indexMXFP4 has, at index ⌊2|v|⌋, the index of the element of [ValuesMXFP4]
// nearest to |v|: midpoints between elements are multiples of 1/2.
var indexMXFP4 = [24]byte{0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 7, 7, 7, 7}

// nearestMXFP4 returns the index of the element of [ValuesMXFP4] nearest to v, 0
// for a NaN. It never returns the index of -0.
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

// quantizeMXFP4 sets dst to blocks with the best of three exponents: the one
// that maps the largest element near to the largest value, and its neighbours.
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
		_, exp := math.Frexp(largest) // largest is from 2^(exp-1) to 2^exp, and 12·2^(E-128) is the largest value
		b.E = 0
		least := math.Inf(1)
		for e := exp + 123; e <= exp+125; e++ {
			if e < 0 || e > 252 || largest == 0 { // 12·2¹²⁵ overflows float32
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
		pack4(b.Qs[:], f.q[:])
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
