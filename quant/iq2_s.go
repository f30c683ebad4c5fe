package quant

// BlockIQ2_S is 256 elements in 82 bytes, sixteen groups of 16 with
// x = D·(2s+1)/8·(±point of 1024, values 8, 25, 43).
//
//	0 D f16 | 2 Qs [32]u8, low bits of the index of the point of 8 elements
//	34 Signs [32]u8, a bit an element, set for minus
//	66 Qh [8]u8, two high bits of four indices each
//	74 Scales [8]u8: s of a group in the low nibble, of the next in the high
type BlockIQ2_S struct {
	D      Half
	Qs     [32]byte
	Signs  [32]byte
	Qh     [8]byte
	Scales [8]byte
}

func (b *BlockIQ2_S) integers(v *Ints) {
	b.scales(v)
	grid, q := &grids().iq2s, v.bytes()
	for k, n := range &b.Qs {
		high := uint32(b.Qh[k/4]) >> (k % 4 * 2) & 3
		store(q[8*k:], negate(grid[uint32(n)|high<<8], b.Signs[k]))
	}
}

// scales sets D and Scales.
func (b *BlockIQ2_S) scales(v *Ints) {
	v.D = b.D.F32() / 8
	v.nibbleScales(&b.Scales)
}
