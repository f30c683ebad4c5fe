package quant

// BlockQ3_K is 256 elements in 110 bytes, sixteen groups of 16 with
// x = D·(s-32)·(q-4).
//
//	0 HMask [32]u8, bit k of byte i the third bit of q of element 32k+i
//	32 Qs [2][32]u8, a half each: bits 2k, 2k+1 of byte i element 32k+i
//	96 Scales [12]u8, 16×6 bit, see scale | 108 D f16
type BlockQ3_K struct {
	HMask  [32]byte
	Qs     [2][32]byte
	Scales [12]byte
	D      Half
}

// scale returns s of group g. Its low four bits are nibbles of Scales[:8],
// the low ones of groups 0…7, then the high ones of 8…15; its high two bits
// are in Scales[8:], where byte i has those of groups i, 4+i, 8+i and 12+i.
func (b *BlockQ3_K) scale(g int) int32 {
	low := b.Scales[g%8] >> (g / 8 * 4) & 15
	high := b.Scales[8+g%4] >> (g / 4 * 2) & 3
	return int32(low | high<<4)
}

func (b *BlockQ3_K) integers(v *Ints) {
	v.D = b.D.F32()
	for g := range v.Scales {
		v.Scales[g] = b.scale(g) - 32
	}
	q := v.bytes()
	unpack2(q, &b.Qs)
	addBitPlanes(q, &b.HMask, 2)
	subtract(q[:], 4)
}

// setScale sets s of group g of a block whose Scales were zero.
func (b *BlockQ3_K) setScale(g int, s byte) {
	b.Scales[g%8] |= s & 15 << (g / 8 * 4)
	b.Scales[8+g%4] |= s >> 4 << (g / 4 * 2)
}

// quantizeQ3_K sets dst to the blocks of a search; weights may be nil.
func quantizeQ3_K(dst []BlockQ3_K, src, weights []float32) {
	f := superScale{size: 16, levels: levels{lo: -4, hi: 3}, scales: levels{lo: -32, hi: 31}, near: 1}
	for i := range dst {
		b := &dst[i]
		f.fit(src[256*i:], weightsFrom(weights, 256*i))
		*b = BlockQ3_K{D: f.d}
		for g, s := range f.s {
			b.setScale(g, byte(s+32))
		}
		pack2(&b.Qs, &f.q)
		for j, q := range &f.q {
			b.HMask[j%32] |= q >> 2 << (j / 32)
		}
	}
}
