package quant

// BlockQ5_K is 256 elements in 176 bytes, eight groups of 32 with
// x = D·s·q - DMin·m.
//
//	0 D f16 | 2 DMin f16 | 4 Scales [12]u8, 8×(6+6) bit, see scaleMin
//	16 Qh [32]u8, bit g of byte i the fifth bit of element i of group g
//	48 Qs [4][32]u8: low nibbles of Qs[k] group 2k, high 2k+1
type BlockQ5_K struct {
	D, DMin Half
	Scales  [12]byte
	Qh      [32]byte
	Qs      [4][32]byte
}

func (b *BlockQ5_K) integers(v *Ints) {
	v.D, v.DMin = b.D.F32(), b.DMin.F32()
	v.scaleMins(&b.Scales)
	for k := range b.Qs {
		unpack4(v.bytes()[64*k:], b.Qs[k][:])
	}
	addBitPlanes(v.bytes(), &b.Qh, 4)
}

// quantizeQ5_K sets dst to the blocks of a search; weights may be nil.
func quantizeQ5_K(dst []BlockQ5_K, src, weights []float32) {
	f := superLine{size: 32, top: 31, scales: 63}
	for i := range dst {
		b := &dst[i]
		f.fit(src[256*i:], weightsFrom(weights, 256*i))
		*b = BlockQ5_K{D: f.d, DMin: f.dmin}
		for g := range 8 {
			setScaleMin(&b.Scales, g, f.s[g], f.m[g])
		}
		for k := range b.Qs {
			pack4(b.Qs[k][:], f.q[64*k:])
		}
		for j, q := range &f.q {
			b.Qh[j%32] |= q >> 4 << (j / 32)
		}
	}
}
