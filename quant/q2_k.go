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
