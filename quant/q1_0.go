package quant

// BlockQ1_0 is 128 elements in 18 bytes, x = D or, where the bit is not set, -D.
//
//	0 D f16 | 2 Qs [16]u8, bit k of byte i element 8i+k
type BlockQ1_0 struct {
	D  Half
	Qs [16]byte
}

func dequantizeQ1_0(dst []float32, src []BlockQ1_0) {
	for i := range src {
		b, y := &src[i], (*[128]float32)(dst[128*i:])
		signs := [2]float32{-b.D.F32(), b.D.F32()}
		for j := range y {
			y[j] = signs[b.Qs[j/8]>>(j%8)&1]
		}
	}
}
