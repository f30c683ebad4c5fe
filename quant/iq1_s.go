package quant

// BlockIQ1_S is 256 elements in 50 bytes, eight groups of 32 with
// x = D·(2s+1)·(point of 2048, values -1, 0, 1, plus or minus 1/8).
//
//	0 D f16 | 2 Qs [32]u8, low bits of the index of the point of 8 elements
//	34 Qh [8]u16, a group each: 4×3 high bits of the indices | s 3 bit | 1 bit, set for minus 1/8
type BlockIQ1_S struct {
	D  Half
	Qs [32]byte
	Qh [8][2]byte
}

func (b *BlockIQ1_S) integers(v *Ints) {
	b.scales(v)
	grid, q := &grids().iq1, v.bytes()
	for g := range b.Qh {
		high := uint32(b.Qh[g][0]) | uint32(b.Qh[g][1])<<8
		for k, n := range b.Qs[4*g : 4*g+4] {
			point := grid[uint32(n)|high>>(3*k)&7<<8]
			if high>>15 != 0 {
				point = minus(point, 2)
			}
			store(q[32*g+8*k:], point)
		}
	}
}

// scales sets D and Scales.
func (b *BlockIQ1_S) scales(v *Ints) {
	v.D = b.D.F32() / 8
	for g := range b.Qh {
		v.setScale32(g, 2*int32(b.Qh[g][1]>>4&7)+1)
	}
}
