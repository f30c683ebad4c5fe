package quant

// BlockQ2_0 is 64 elements in 18 bytes, x = D·(q-1).
//
//	0 D f16 | 2 Qs [16]u8, bits 2k, 2k+1 of byte i element 4i+k
type BlockQ2_0 struct {
	D  Half
	Qs [16]byte
}

func dequantizeQ2_0(dst []float32, src []BlockQ2_0) {
	for i := range src {
		d, y := src[i].D.F32(), (*[64]float32)(dst[64*i:])
		for j := range y {
			y[j] = float32(int32(src[i].Qs[j/4]>>(j%4*2)&3)-1) * d
		}
	}
}
