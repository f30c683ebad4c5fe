package quant

// ValuesIQ4NL are the 16 levels of IQ4_NL and IQ4_XS, denser near zero.
var ValuesIQ4NL = [16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// BlockIQ4_NL is 32 elements in 18 bytes, x = D·[ValuesIQ4NL][q].
//
//	0 D f16 | 2 Qs [16]u8, low nibbles elements 0…15, high 16…31
type BlockIQ4_NL struct {
	D  Half
	Qs [16]byte
}

func (b *BlockIQ4_NL) integers(v *Ints) {
	v.setD(b.D.F32(), 2)
	lookup4(v.bytes()[:32], b.Qs[:], &ValuesIQ4NL)
}

// quantizeIQ4_NL sets dst to the blocks of a search; weights may be nil.
func quantizeIQ4_NL(dst []BlockIQ4_NL, src, weights []float32) {
	var f fit32
	for i := range dst {
		b := &dst[i]
		b.D = f.scale(src[32*i:], weightsFrom(weights, 32*i), levels{nonlinear: true})
		pack4(b.Qs[:], f.q[:])
	}
}
