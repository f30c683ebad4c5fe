package quant

// BlockIQ3_S is 256 elements in 110 bytes, eight groups of 32 with
// x = D·(2s+1)·(±point of 512, values 1, 3, 5, … 15).
//
//	0 D f16 | 2 Qs [64]u8, low bits of the indices of points of 4 elements
//	66 Qh [8]u8, the high bit of eight indices each
//	74 Signs [32]u8, a bit an element, set for minus
//	106 Scales [4]u8: s of a group in the low nibble, of the next in the high
type BlockIQ3_S struct {
	D      Half
	Qs     [64]byte
	Qh     [8]byte
	Signs  [32]byte
	Scales [4]byte
}

func (b *BlockIQ3_S) integers(v *Ints) {
	b.scales(v)
	grid, q := &grids().iq3s, v.bytes()
	for k, signs := range &b.Signs {
		high := uint32(b.Qh[k/4]) >> (k % 4 * 2)
		points := grid[uint32(b.Qs[2*k])|high&1<<8] | grid[uint32(b.Qs[2*k+1])|high>>1&1<<8]<<32
		store(q[8*k:], negate(points, signs))
	}
}

// scales sets D and Scales.
func (b *BlockIQ3_S) scales(v *Ints) {
	v.D = b.D.F32()
	for g := range 8 {
		v.setScale32(g, 2*int32(b.Scales[g/2]>>(g%2*4)&15)+1)
	}
}
