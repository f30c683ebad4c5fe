package quant

// BlockQ8_0 is 32 elements in 34 bytes, x = D·q.
//
//	0 D f16 | 2 Qs [32]i8
type BlockQ8_0 struct {
	D  Half
	Qs [32]int8
}

func (b *BlockQ8_0) integers(v *Ints) {
	v.setD(b.D.F32(), 2)
	copy(v.Q[:], b.Qs[:])
}

func quantizeQ8_0(dst []BlockQ8_0, src []float32) {
	for i := range dst {
		b, x := &dst[i], (*[32]float32)(src[32*i:])
		var amax float32
		for _, v := range x {
			if a := abs(v); !(amax > a) { // a NaN replaces amax, and the next element the NaN
				amax = a
			}
		}
		d := amax / 127
		id := inverse(d)
		b.D = halfOf(d)
		for j, v := range x {
			b.Qs[j] = int8(roundAway(float32(v * id)))
		}
	}
}
