package quant

// BlockQ1_0 is 128 elements in 18 bytes, x = D where the bit is set, else -D.
//
//	0 D f16 | 2 Qs [16]u8, bit k of byte i element 8i+k
type BlockQ1_0 struct {
	D  Half
	Qs [16]byte
}

func (b *BlockQ1_0) integers(v *Ints) {
	v.setD(b.D.F32(), 8)
	q := v.bytes()
	for k, bits := range b.Qs {
		store(q[8*k:], minus(spread(bits)<<1, 1))
	}
}
