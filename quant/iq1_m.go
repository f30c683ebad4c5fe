package quant

// BlockIQ1_M is 256 elements in 56 bytes, sixteen groups of 16 with
// x = D·(2s+1)·(point of 2048, values -1, 0, 1, plus or minus 1/8).
//
//	0 Qs [32]u8, low bits of the index of the point of 8 elements
//	32 Qh [16]u8, a nibble a point: 3 high bits of its index | 1 bit, set for minus 1/8
//	48 Scales [4]u16: 4×3 bit s | a nibble of D, an f16, the lowest first
type BlockIQ1_M struct {
	Qs     [32]byte
	Qh     [16]byte
	Scales [4][2]byte
}

func (b *BlockIQ1_M) integers(v *Ints) {
	b.scales(v)
	grid, q := &grids().iq1, v.bytes()
	for k, n := range &b.Qs {
		high := uint32(b.Qh[k/2]) >> (k % 2 * 4)
		point := grid[uint32(n)|high&7<<8]
		if high&8 != 0 {
			point = minus(point, 2)
		}
		store(q[8*k:], point)
	}
}

// scales sets D and Scales.
func (b *BlockIQ1_M) scales(v *Ints) {
	var half uint16
	for i, w := range &b.Scales {
		s := uint16(w[0]) | uint16(w[1])<<8
		for k := range 4 {
			v.Scales[4*i+k] = 2*int32(s>>(3*k)&7) + 1
		}
		half |= s >> 12 << (4 * i)
	}
	v.D = F16ToF32(half) / 8
}
