package quant

// BlockQ5_K is 256 elements in 176 bytes, eight groups of 32 with
// x = D·s·q - DMin·m.
//
//	0 D f16 | 2 DMin f16 | 4 Scales [12]u8, 8×(6+6) bit, see scaleMin
//	16 Qh [32]u8, bit g of byte i the fifth bit of element i of group g
//	48 Qs [4][32]u8: low nibbles of Qs[k] group 2k, high 2k+1
type BlockQ5_K struct {
	D, DMin Half
	Scales  [12]byte
	Qh      [32]byte
	Qs      [4][32]byte
}

func dequantizeQ5_K(dst []float32, src []BlockQ5_K) {
	for i := range src {
		b := &src[i]
		d, dmin := b.D.F32(), b.DMin.F32()
		for k := range b.Qs {
			y := (*[64]float32)(dst[256*i+64*k:])
			s0, m0 := scaleMin(&b.Scales, 2*k)
			s1, m1 := scaleMin(&b.Scales, 2*k+1)
			d0, min0 := d*float32(s0), float32(dmin*float32(m0))
			d1, min1 := d*float32(s1), float32(dmin*float32(m1))
			for j, q := range &b.Qs[k] {
				high := b.Qh[j] >> (2 * k)
				y[j] = float32(d0*float32(q&15|high&1<<4)) - min0
				y[j+32] = float32(d1*float32(q>>4|high>>1&1<<4)) - min1
			}
		}
	}
}

// quantizeQ5_K writes the blocks that its search finds; weights may be nil.
func quantizeQ5_K(dst []BlockQ5_K, src, weights []float32) {
	f := superLine{size: 32, top: 31, scales: 63}
	for i := range dst {
		b := &dst[i]
		f.fit(src[256*i:], weightsFrom(weights, 256*i))
		*b = BlockQ5_K{D: f.d, DMin: f.dmin}
		for g := range 8 {
			setScaleMin(&b.Scales, g, f.s[g], f.m[g])
		}
		packFours(&b.Qs, &f.q)
		for j, q := range &f.q {
			b.Qh[j%32] |= q >> 4 << (j / 32)
		}
	}
}
