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
		for g, s := range b.Scales { // group g: half g/8, bits 2·(g/2%4), bytes 16·(g%2)…
			y := (*[16]float32)(dst[256*i+16*g:])
			qs, shift := (*[16]byte)(b.Qs[g/8][16*(g%2):]), g/2%4*2
			ds, m := d*float32(s&15), float32(dmin*float32(s>>4))
			for j, q := range qs {
				y[j] = float32(ds*float32(q>>shift&3)) - m
			}
		}
	}
}
