package quant

// BlockIQ2_XS is 256 elements in 74 bytes, sixteen groups of 16 with
// x = D·(2s+1)/8·(±point of 512, values 8, 25, 43).
//
//	0 D f16 | 2 Qs [32]u16: 9 bit number of the point of 8 elements, 7 bit signs
//	66 Scales [8]u8: s of a group in the low nibble, of the next in the high
//
// The signs are as in [BlockIQ2_XXS].
type BlockIQ2_XS struct {
	D      Half
	Qs     [32][2]byte
	Scales [8]byte
}

func (b *BlockIQ2_XS) integers(q *[256]int8, scales *[16]int32) (d float32) {
	grid := &grids().iq2xs
	for k, w := range &b.Qs {
		v := uint32(w[0]) | uint32(w[1])<<8
		eight(q[8*k:], negate(grid[v&511], evenSigns(v>>9)))
	}
	nibbleScales(scales, &b.Scales)
	return b.D.F32() / 8
}

// nibbleScales sets the scales of groups of 16 to 2s+1, two s a byte.
func nibbleScales(scales *[16]int32, b *[8]byte) {
	for g, s := range b {
		scales[2*g] = 2*int32(s&15) + 1
		scales[2*g+1] = 2*int32(s>>4) + 1
	}
}
