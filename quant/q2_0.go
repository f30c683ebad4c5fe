package quant

// BlockQ2_0 is 64 elements in 18 bytes, x = D·(q-1).
//
//	0 D f16 | 2 Qs [16]u8, bits 2k, 2k+1 of byte i element 4i+k
type BlockQ2_0 struct {
	D  Half
	Qs [16]byte
}

func (b *BlockQ2_0) integers(v *Ints) {
	v.setD(b.D.F32(), 4)
	for i := range 64 {
		v.Q[i] = int8(b.Qs[i/4]>>(i%4*2)&3) - 1
	}
}
