package quant

// BlockTQ2_0 is 256 elements in 66 bytes, x = D·(q-1).
//
//	0 Qs [2][32]u8, a half each: bits 2k, 2k+1 of byte i element 32k+i | 64 D f16
type BlockTQ2_0 struct {
	Qs [2][32]byte
	D  Half
}

func dequantizeTQ2_0(dst []float32, src []BlockTQ2_0) {
	for i := range src {
		b := &src[i]
		d := b.D.F32()
		for h := range b.Qs {
			y := (*[128]float32)(dst[256*i+128*h:])
			for j, q := range &b.Qs[h] {
				y[j] = float32(int32(q&3)-1) * d
				y[j+32] = float32(int32(q>>2&3)-1) * d
				y[j+64] = float32(int32(q>>4&3)-1) * d
				y[j+96] = float32(int32(q>>6)-1) * d
			}
		}
	}
}
