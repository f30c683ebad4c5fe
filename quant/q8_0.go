package quant

// BlockQ8_0 is 32 elements in 34 bytes, x = D·q.
//
//	0 D f16 | 2 Qs [32]i8
type BlockQ8_0 struct {
	D  Half
	Qs [32]int8
}

func dequantizeQ8_0(dst []float32, src []BlockQ8_0) {
	for i := range src {
		b, y := &src[i], (*[32]float32)(dst[32*i:])
		d := b.D.F32()
		for j, q := range b.Qs {
			y[j] = float32(q) * d
		}
	}
}

func quantizeQ8_0(dst []BlockQ8_0, src []float32) {
	for i := range dst {
		b, x := &dst[i], (*[32]float32)(src[32*i:])
		var amax float32
		for _, v := range x {
			if a := abs(v); !(amax > a) { // as written, a NaN counts until the next element
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
