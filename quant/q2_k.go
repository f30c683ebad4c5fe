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

func dequantizeQ2_K(dst []float32, src []BlockQ2_K) {
	for i := range src {
		b := &src[i]
		d, dmin := b.D.F32(), b.DMin.F32()
		var ds, ms [16]float32
		for g, s := range b.Scales {
			ds[g], ms[g] = d*float32(s&15), float32(dmin*float32(s>>4))
		}
		for part := range 4 { // 16 bytes of Qs: group at + 2k has their bits 2k, 2k+1
			h, at := part/2, part%2
			y := (*[112]float32)(dst[256*i+128*h+16*at:])
			d, m := (*[7]float32)(ds[8*h+at:]), (*[7]float32)(ms[8*h+at:])
			for j, q := range (*[16]byte)(b.Qs[h][16*at:]) {
				y[j] = float32(d[0]*float32(q&3)) - m[0]
				y[j+32] = float32(d[2]*float32(q>>2&3)) - m[2]
				y[j+64] = float32(d[4]*float32(q>>4&3)) - m[4]
				y[j+96] = float32(d[6]*float32(q>>6)) - m[6]
			}
		}
	}
}

// quantizeQ2_K writes the blocks that its search finds; weights may be nil.
func quantizeQ2_K(dst []BlockQ2_K, src, weights []float32) {
	f := superLine{size: 16, top: 3, scales: 15, near: 1}
	for i := range dst {
		b := &dst[i]
		f.fit(src[256*i:], weightsFrom(weights, 256*i))
		b.D, b.DMin = f.d, f.dmin
		for g := range b.Scales {
			b.Scales[g] = f.s[g] | f.m[g]<<4
		}
		packTwos(&b.Qs, &f.q)
	}
}

// packTwos packs the low two bits of q: those of 32k+i of each half are bits
// 2k, 2k+1 of its byte i.
func packTwos(qs *[2][32]byte, q *[256]byte) {
	for h := range qs {
		q := (*[128]byte)(q[128*h:])
		for j := range qs[h] {
			qs[h][j] = q[j]&3 | q[j+32]&3<<2 | q[j+64]&3<<4 | q[j+96]&3<<6
		}
	}
}
