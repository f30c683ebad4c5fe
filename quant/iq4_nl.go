package quant

// ValuesIQ4NL are the 16 levels of IQ4_NL and IQ4_XS, denser around zero.
var ValuesIQ4NL = [16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// BlockIQ4_NL is 32 elements in 18 bytes, x = D·[ValuesIQ4NL][q].
//
//	0 D f16 | 2 Qs [16]u8, low nibbles elements 0…15, high 16…31
type BlockIQ4_NL struct {
	D  Half
	Qs [16]byte
}

func dequantizeIQ4_NL(dst []float32, src []BlockIQ4_NL) {
	for i := range src {
		b := &src[i]
		nonlinear16((*[32]float32)(dst[32*i:]), b.D.F32(), &b.Qs)
	}
}

// nonlinear16 sets y to d·[ValuesIQ4NL][q] for the 32 nibbles q of qs, all low
// ones first.
func nonlinear16(y *[32]float32, d float32, qs *[16]byte) {
	for j, q := range qs {
		y[j] = d * float32(ValuesIQ4NL[q&15])
		y[j+16] = d * float32(ValuesIQ4NL[q>>4])
	}
}

// quantizeIQ4_NL writes the blocks that its search finds; weights may be nil.
func quantizeIQ4_NL(dst []BlockIQ4_NL, src, weights []float32) {
	var f fit32
	for i := range dst {
		b := &dst[i]
		b.D = f.scale(src[32*i:], weightsFrom(weights, 32*i), levels{nonlinear: true})
		f.nibbles(&b.Qs)
	}
}
