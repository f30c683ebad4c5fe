package quant

// BlockTQ1_0 is 256 elements in 54 bytes, x = D·(q-1) with q of 0, 1, 2.
//
//	0 Qs [48]u8, 5 digits a byte | 48 Qh [4]u8, 4 digits a byte | 52 D f16
//
// A byte holds its digits q₀q₁q₂… as the fraction 0.q₀q₁q₂… in base 3, in
// units of 1/256 and rounded up. Digit n of 32 bytes together makes 32
// elements: first 5×32 of Qs[:32], then 5×16 of Qs[32:], then 4×4 of Qh.
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

// ternary sets q to the leading base-3 digits of qs, less 1: the first digit of
// all qs, then the second of all, until q is full.
func ternary(q []int8, qs []byte) {
	for pow := byte(1); len(q) > 0; pow *= 3 {
		for j, x := range qs {
			q[j] = int8(uint32(x*pow)*3>>8) - 1 // the product's high bits, the earlier digits, drop out
		}
		q = q[len(qs):]
	}
}
