package quant

// BlockQ4_0 is 32 elements in 18 bytes, x = D·(q-8).
//
//	0 D f16 | 2 Qs [16]u8, low nibbles elements 0…15, high 16…31
type BlockQ4_0 struct {
	D  Half
	Qs [16]byte
}

func (b *BlockQ4_0) integers(v *Ints) {
	v.setD(b.D.F32(), 2)
	q := v.bytes()[:32]
	unpack4(q, b.Qs[:])
	subtract(q, 8)
}

func quantizeQ4_0(dst []BlockQ4_0, src []float32) {
	for i := range dst {
		b, x := &dst[i], (*[32]float32)(src[32*i:])
		if m := magnitude(x[:]); fastRange(m) {
			fastQ4_0(b, x, withMagnitude(x[:], m))
			continue
		}
		// The largest element, with its sign, becomes -8.
		max, _ := extreme(x[:])
		d := max / -8
		id := inverse(d)
		b.D = halfOf(d)
		for j := range b.Qs {
			lo := toNibble(float32(x[j]*id) + 8.5)
			hi := toNibble(float32(x[j+16]*id) + 8.5)
			b.Qs[j] = lo | hi<<4
		}
	}
}

// fastQ4_0 is quantizeQ4_0 of one block whose largest element is in fastRange:
// before the limit of 15, nibbles are from 0 to 17.
func fastQ4_0(b *BlockQ4_0, x *[32]float32, largest float32) {
	d := largest / -8
	id := 1 / d
	b.D = halfOf(d)
	for j := range b.Qs {
		lo := min(15, int32(float32(x[j]*id)+8.5))
		hi := min(15, int32(float32(x[j+16]*id)+8.5))
		b.Qs[j] = byte(lo | hi<<4)
	}
}

// toNibble returns x rounded towards zero, at most 15, as a byte. Only NaNs and
// infinities in a block make x negative or more than 127.
func toNibble(x float32) byte { return byte(min(15, int8(toInt(x)))) }

// searchQ4_0 is quantizeQ4_0 with the scale of a search.
func searchQ4_0(dst []BlockQ4_0, src, weights []float32) {
	var f fit32
	for i := range dst {
		b := &dst[i]
		b.D = f.scale(src[32*i:], weightsFrom(weights, 32*i), levels{lo: -8, hi: 7})
		pack4(b.Qs[:], f.q[:])
	}
}
