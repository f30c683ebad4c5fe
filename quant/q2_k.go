package quant

// BlockQ2_K is 256 elements in 84 bytes, sixteen groups of 16 with
// x = D·s·q - DMin·m.
//
//	0 Scales [16]u8, a group each: s low nibble, m high
//	16 Qs [2][32]u8, a half each: bits 2k, 2k+1 of byte i element 32k+i
//	80 D f16 | 82 DMin f16
type BlockQ2_K struct {
	Scales  [16]byte
	Qs      [2][32]byte
	D, DMin Half
}

func (b *BlockQ2_K) integers(v *Ints) {
	v.D, v.DMin = b.D.F32(), b.DMin.F32()
	for g, s := range b.Scales {
		v.Scales[g], v.Mins[g] = int32(s&15), int32(s>>4)
	}
	unpack2(v.bytes(), &b.Qs)
}

// quantizeQ2_K sets dst to the blocks of a search; weights may be nil.
func quantizeQ2_K(dst []BlockQ2_K, src, weights []float32) {
	f := superLine{size: 16, top: 3, scales: 15, near: 1}
	for i := range dst {
		b := &dst[i]
		f.fit(src[256*i:], weightsFrom(weights, 256*i))
		b.D, b.DMin = f.d, f.dmin
		for g := range b.Scales {
			b.Scales[g] = f.s[g] | f.m[g]<<4
		}
		pack2(&b.Qs, &f.q)
	}
}
