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

func (b *BlockQ6_K) integers(v *Ints) {
	v.D = b.D.F32()
	for g, s := range b.Scales {
		v.Scales[g] = int32(s)
	}
	for i := 0; i < 256; i += 8 {
		h, k := i/128, i%128/32
		low := load(b.Ql[h][i%64:]) >> (k / 2 * 4) & (15 * ones)
		high := load(b.Qh[h][i%32:]) >> (2 * k) & (3 * ones)
		store(v.bytes()[i:], minus(low|high<<4, 32))
	}
}

// quantizeQ6_K sets dst to the blocks of a search; weights may be nil.
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
