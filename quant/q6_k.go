package quant

// BlockQ6_K is 256 elements in 210 bytes, sixteen groups of 16 with
// x = D·s·(q-32).
//
//	0 Ql [2][64]u8, a half each: low four bits of q, bytes 0…63 low nibbles
//	  elements 0…63, high 64…127
//	128 Qh [2][32]u8, a half each: bits 2k, 2k+1 of byte i the high two of
//	  element 32k+i
//	192 Scales [16]i8, a group each | 208 D f16
type BlockQ6_K struct {
	Ql     [2][64]byte
	Qh     [2][32]byte
	Scales [16]int8
	D      Half
}

func dequantizeQ6_K(dst []float32, src []BlockQ6_K) {
	for i := range src {
		b := &src[i]
		d := b.D.F32()
		for g, s := range b.Scales { // half g/8; k = g/2%4, the quarter of the half
			h, k, at := g/8, g/2%4, g%2*16
			y := (*[16]float32)(dst[256*i+16*g:])
			low := (*[16]byte)(b.Ql[h][k%2*32+at:])
			high := (*[16]byte)(b.Qh[h][at:])
			ds := d * float32(s)
			for j := range y {
				q := low[j]>>(k/2*4)&15 | high[j]>>(2*k)&3<<4
				y[j] = ds * float32(int32(q)-32)
			}
		}
	}
}
