package quant

// BlockIQ3_XXS is 256 elements in 98 bytes, eight groups of 32 with
// x = D·(2s+1)/4·(±point of 256, values 4, 12, 20, 28, 36, 44, 52, 62).
//
//	0 D f16 | 2 Qs [8][8]u8, indices of points of 4 elements
//	66 Signs [8]u32: 4×7 bit signs, of 8 elements | s 4 bit
//
// The signs are as in [BlockIQ2_XXS].
type BlockIQ3_XXS struct {
	D     Half
	Qs    [8][8]byte
	Signs [8][4]byte
}

func (b *BlockIQ3_XXS) integers(v *Ints) {
	b.scales(v)
	grid, q := &grids().iq3xxs, v.bytes()
	for g := range b.Qs {
		qs, signs := &b.Qs[g], u32(b.Signs[g][:])
		for k := range 4 {
			points := grid[qs[2*k]] | grid[qs[2*k+1]]<<32
			store(q[32*g+8*k:], negate(points, evenSigns(signs>>(7*k))))
		}
	}
}

// scales sets D and Scales.
func (b *BlockIQ3_XXS) scales(v *Ints) {
	v.D = b.D.F32() / 4
	for g := range b.Signs {
		v.setScale32(g, 2*int32(b.Signs[g][3]>>4)+1)
	}
}
