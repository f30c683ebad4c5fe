package quant

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

func dequantizeMXFP4(dst []float32, src []BlockMXFP4) {
	for i := range src {
		b, y := &src[i], (*[32]float32)(dst[32*i:])
		d := e8m0Half(b.E)
		for j, q := range b.Qs {
			y[j] = float32(ValuesMXFP4[q&15]) * d
			y[j+16] = float32(ValuesMXFP4[q>>4]) * d
		}
	}
}
