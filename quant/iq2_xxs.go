package quant

// BlockIQ2_XXS is 256 elements in 66 bytes, eight groups of 32 with
// x = D·(2s+1)/8·(±point of 256, values 8, 25, 43).
//
//	0 D f16 | 2 Qs [8][8]u8, a group each:
//	  0 index [4]u8 of the point of 8 elements | 4 u32: 4×7 bit signs | s 4 bit
//
// A set bit is a minus. The eighth sign makes the number of minuses even.
type BlockIQ2_XXS struct {
	D  Half
	Qs [8][8]byte
}

func (b *BlockIQ2_XXS) integers(v *Ints) {
	b.scales(v)
	grid, q := &grids().iq2xxs, v.bytes()
	for g := range b.Qs {
		qs := &b.Qs[g]
		signs := u32(qs[4:])
		for k, n := range qs[:4] {
			store(q[32*g+8*k:], negate(grid[n], evenSigns(signs>>(7*k))))
		}
	}
}

// scales sets D and Scales.
func (b *BlockIQ2_XXS) scales(v *Ints) {
	v.D = b.D.F32() / 8
	for g := range b.Qs {
		v.setScale32(g, 2*int32(b.Qs[g][7]>>4)+1)
	}
}
