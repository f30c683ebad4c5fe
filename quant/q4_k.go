package quant

// BlockQ4_K is 256 elements in 144 bytes, eight groups of 32 with
// x = D·s·q - DMin·m.
//
//	0 D f16 | 2 DMin f16 | 4 Scales [12]u8, 8×(6+6) bit, see scaleMin
//	16 Qs [4][32]u8: low nibbles of Qs[k] group 2k, high 2k+1
type BlockQ4_K struct {
	D, DMin Half
	Scales  [12]byte
	Qs      [4][32]byte
}

// scaleMin returns s and m of group g of a Q4_K or Q5_K block. Groups 0…3 have
// the low six bits of bytes g and 4+g. Groups 4…7 have the nibbles of byte 4+g
// and, above them, the top two bits of bytes g-4 and g.
func scaleMin(scales *[12]byte, g int) (s, m byte) {
	if g < 4 {
		return scales[g] & 63, scales[g+4] & 63
	}
	return scales[g+4]&15 | scales[g-4]>>6<<4, scales[g+4]>>4 | scales[g]>>6<<4
}

// scaleMins sets the scales and minima of a Q4_K or Q5_K block.
func (v *Ints) scaleMins(scales *[12]byte) {
	for g := range 8 {
		s, m := scaleMin(scales, g)
		v.setScale32(g, int32(s))
		v.Mins[2*g], v.Mins[2*g+1] = int32(m), int32(m)
	}
}

func (b *BlockQ4_K) integers(v *Ints) {
	v.D, v.DMin = b.D.F32(), b.DMin.F32()
	v.scaleMins(&b.Scales)
	for k := range b.Qs {
		unpack4(v.bytes()[64*k:], b.Qs[k][:])
	}
}

// setScaleMin sets s and m of group g of scales that were zero.
func setScaleMin(scales *[12]byte, g int, s, m byte) {
	if g < 4 {
		scales[g], scales[g+4] = s, m
		return
	}
	scales[g+4] = s&15 | m<<4
	scales[g-4] |= s >> 4 << 6
	scales[g] |= m >> 4 << 6
}

// quantizeQ4_K sets dst to the blocks of a search; weights may be nil.
func quantizeQ4_K(dst []BlockQ4_K, src, weights []float32) {
	f := superLine{size: 32, top: 15, scales: 63}
	for i := range dst {
		b := &dst[i]
		f.fit(src[256*i:], weightsFrom(weights, 256*i))
		*b = BlockQ4_K{D: f.d, DMin: f.dmin}
		for g := range 8 {
			setScaleMin(&b.Scales, g, f.s[g], f.m[g])
		}
		for k := range b.Qs {
			pack4(b.Qs[k][:], f.q[64*k:])
		}
	}
}
