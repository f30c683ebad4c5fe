package quant

// BlockTQ2_0 is 256 elements in 66 bytes, x = D·(q-1).
//
//	0 Qs [2][32]u8, a half each: bits 2k, 2k+1 of byte i element 32k+i | 64 D f16
type BlockTQ2_0 struct {
	Qs [2][32]byte
	D  Half
}

func (b *BlockTQ2_0) integers(v *Ints) {
	v.setD(b.D.F32(), 16)
	q := v.bytes()
	unpack2(q, &b.Qs)
	subtract(q[:], 1)
}
