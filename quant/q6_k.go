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
		for part := range 4 { // 16 of the 32 bytes of Qh: group at + 2k has their bits 2k, 2k+1
			h, at := part/2, part%2
			y := (*[112]float32)(dst[256*i+128*h+16*at:])
			s := (*[7]int8)(b.Scales[8*h+at:])
			d0, d1 := d*float32(s[0]), d*float32(s[2])
			d2, d3 := d*float32(s[4]), d*float32(s[6])
			low := (*[48]byte)(b.Ql[h][16*at:])
			for j, q := range (*[16]byte)(b.Qh[h][16*at:]) {
				l0, l1 := low[j], low[j+32]
				y[j] = d0 * float32(int32(l0&15|q&3<<4)-32)
				y[j+32] = d1 * float32(int32(l1&15|q>>2&3<<4)-32)
				y[j+64] = d2 * float32(int32(l0>>4|q>>4&3<<4)-32)
				y[j+96] = d3 * float32(int32(l1>>4|q>>6<<4)-32)
			}
		}
	}
}

// quantizeQ6_K writes the blocks that its search finds; weights may be nil.
func quantizeQ6_K(dst []BlockQ6_K, src, weights []float32) {
	f := superScale{size: 16, levels: levels{lo: -32, hi: 31}, scales: levels{lo: -128, hi: 127}}
	for i := range dst {
		b := &dst[i]
		f.fit(src[256*i:], weightsFrom(weights, 256*i))
		b.D, b.Scales = f.d, f.s
		for h := range b.Ql {
			q := (*[128]byte)(f.q[128*h:])
			for j := range b.Qh[h] {
				b.Ql[h][j] = q[j]&15 | q[j+64]<<4
				b.Ql[h][j+32] = q[j+32]&15 | q[j+96]<<4
				b.Qh[h][j] = q[j]>>4 | q[j+32]>>4<<2 | q[j+64]>>4<<4 | q[j+96]>>4<<6
			}
		}
	}
}
