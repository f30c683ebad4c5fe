package quant

// BlockQ4_1 is 32 elements in 20 bytes, x = D·q + M.
//
//	0 D f16 | 2 M f16 | 4 Qs [16]u8, low nibbles elements 0…15, high 16…31
type BlockQ4_1 struct {
	D, M Half
	Qs   [16]byte
}

func (b *BlockQ4_1) integers(v *Ints) {
	v.setD(b.D.F32(), 2)
	v.setMin(b.M.F32())
	unpack4(v.bytes()[:32], b.Qs[:])
}

func quantizeQ4_1(dst []BlockQ4_1, src []float32) {
	for i := range dst {
		b, x := &dst[i], (*[32]float32)(src[32*i:])
		lo, hi := bounds(x[:])
		d := (hi - lo) / 15
		id := inverse(d)
		b.D, b.M = halfOf(d), halfOf(lo)
		for j := range b.Qs {
			q0 := toNibble(float32((x[j]-lo)*id) + 0.5)
			q1 := toNibble(float32((x[j+16]-lo)*id) + 0.5)
			b.Qs[j] = q0 | q1<<4
		}
	}
}

// searchQ4_1 is quantizeQ4_1 with the scale and minimum of a search.
func searchQ4_1(dst []BlockQ4_1, src, weights []float32) {
	var f fit32
	for i := range dst {
		b := &dst[i]
		b.D, b.M = f.line(src[32*i:], weightsFrom(weights, 32*i), 15)
		pack4(b.Qs[:], f.q[:])
	}
}
