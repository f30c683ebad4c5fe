package quant

import "encoding/binary"

// BlockIQ4_XS is 256 elements in 136 bytes, eight groups of 32 with
// x = D·(s-32)·[ValuesIQ4NL][q].
//
//	0 D f16 | 2 ScalesH u16, 8×2 high bits of s | 4 ScalesL [4]u8, 8×4 low bits of s
//	8 Qs [8][16]u8, a group each: low nibbles elements 0…15, high 16…31
type BlockIQ4_XS struct {
	D       Half
	ScalesH [2]byte
	ScalesL [4]byte
	Qs      [8][16]byte
}

func (b *BlockIQ4_XS) integers(v *Ints) {
	v.D = b.D.F32()
	high := uint32(binary.LittleEndian.Uint16(b.ScalesH[:]))
	low := u32(b.ScalesL[:])
	for g := range b.Qs {
		v.setScale32(g, int32(low>>(4*g)&15|high>>(2*g)&3<<4)-32)
		lookup4(v.bytes()[32*g:], b.Qs[g][:], &ValuesIQ4NL)
	}
}

// quantizeIQ4_XS sets dst to the blocks of a search; weights may be nil.
func quantizeIQ4_XS(dst []BlockIQ4_XS, src, weights []float32) {
	f := superScale{size: 32, levels: levels{nonlinear: true}, scales: levels{lo: -32, hi: 31}}
	for i := range dst {
		b := &dst[i]
		f.fit(src[256*i:], weightsFrom(weights, 256*i))
		*b = BlockIQ4_XS{D: f.d}
		var high uint16
		for g := range b.Qs {
			u := byte(f.s[g] + 32)
			b.ScalesL[g/2] |= u & 15 << (g % 2 * 4)
			high |= uint16(u>>4) << (2 * g)
			pack4(b.Qs[g][:], f.q[32*g:])
		}
		binary.LittleEndian.PutUint16(b.ScalesH[:], high)
	}
}
