package quant

// BlockTQ1_0 is 256 elements in 54 bytes, x = D·(q-1) with q of 0, 1, 2.
//
//	0 Qs [48]u8, 5 digits a byte | 48 Qh [4]u8, 4 digits a byte | 52 D f16
//
// A byte holds its digits q₀q₁q₂… as the fraction 0.q₀q₁q₂… in base 3, in units
// of 1/256 and rounded up. Elements are in order of digits: 32 first digits of
// Qs[:32], 32 second ones and so on, then 5×16 of Qs[32:], then 4×4 of Qh.
type BlockTQ1_0 struct {
	Qs [48]byte
	Qh [4]byte
	D  Half
}

func (b *BlockTQ1_0) integers(v *Ints) {
	v.setD(b.D.F32(), 16)
	ternary(v.Q[:160], b.Qs[:32])
	ternary(v.Q[160:240], b.Qs[32:])
	ternary(v.Q[240:], b.Qh[:])
}

// ternary sets q to the base-3 digits of qs, minus 1: the first digit of every
// byte, then the second of every byte, until q is full.
func ternary(q []int8, qs []byte) {
	for pow := byte(1); len(q) > 0; pow *= 3 {
		for j, x := range qs {
			q[j] = int8(uint32(x*pow)*3>>8) - 1 // the byte x*pow drops the earlier digits
		}
		q = q[len(qs):]
	}
}
