package quant

// BlockTQ1_0 is 256 elements in 54 bytes, x = D·(q-1) with q of 0, 1, 2.
//
//	0 Qs [48]u8, 5 digits a byte | 48 Qh [4]u8, 4 digits a byte | 52 D f16
//
// A byte holds its digits q₀q₁q₂… as the fraction 0.q₀q₁q₂… in base 3, in
// units of 1/256 and rounded up. Digit n of 32 bytes together makes 32
// elements: first 5×32 of Qs[:32], then 5×16 of Qs[32:], then 4×4 of Qh.
type BlockTQ1_0 struct {
	Qs [48]byte
	Qh [4]byte
	D  Half
}

func dequantizeTQ1_0(dst []float32, src []BlockTQ1_0) {
	for i := range src {
		b, y := &src[i], dst[256*i:256*i+256]
		d := b.D.F32()
		ternary(y[:160], d, b.Qs[:32])
		ternary(y[160:240], d, b.Qs[32:])
		ternary(y[240:], d, b.Qh[:])
	}
}

// ternary sets y to the leading base-3 digits of qs, less 1 and times d: the
// first digit of all qs, then the second of all, until y is full.
func ternary(y []float32, d float32, qs []byte) {
	for pow := byte(1); len(y) > 0; pow *= 3 {
		for j, q := range qs {
			digit := uint32(q*pow) * 3 >> 8 // the product's high bits, the earlier digits, drop out
			y[j] = float32(int32(digit)-1) * d
		}
		y = y[len(qs):]
	}
}
