package quant

// BlockIQ2_XS is 256 elements in 74 bytes, sixteen groups of 16 with
// x = D·(2s+1)/8·(±point of 512, values 8, 25, 43).
//
//	0 D f16 | 2 Qs [32]u16: 9 bit index of the point of 8 elements, 7 bit signs
//	66 Scales [8]u8: s of a group in the low nibble, of the next in the high
//
// The signs are as in [BlockIQ2_XXS].
type BlockIQ2_XS struct {
	D      Half
	Qs     [32][2]byte
	Scales [8]byte
}

func (b *BlockIQ2_XS) integers(v *Ints) {
	b.scales(v)
	grid, q := &grids().iq2xs, v.bytes()
	for k, w := range &b.Qs {
		n := uint32(w[0]) | uint32(w[1])<<8
		store(q[8*k:], negate(grid[n&511], evenSigns(n>>9)))
	}
}

// scales sets D and Scales.
func (b *BlockIQ2_XS) scales(v *Ints) {
	v.D = b.D.F32() / 8
	v.nibbleScales(&b.Scales)
}

// nibbleScales sets the scales to 2s+1, two s a byte.
func (v *Ints) nibbleScales(b *[8]byte) {
	for g, s := range b {
		v.Scales[2*g] = 2*int32(s&15) + 1
		v.Scales[2*g+1] = 2*int32(s>>4) + 1
	}
}
