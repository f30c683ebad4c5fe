package quant

import "encoding/binary"

// BlockQ5_0 is 32 elements in 22 bytes, x = D·(q-16).
//
//	0 D f16 | 2 Qh u32, bit i the fifth bit of element i
//	6 Qs [16]u8, low nibbles elements 0…15, high 16…31
type BlockQ5_0 struct {
	D  Half
	Qh [4]byte
	Qs [16]byte
}

func (b *BlockQ5_0) integers(v *Ints) {
	v.setD(b.D.F32(), 2)
	q := v.bytes()[:32]
	unpack4(q, b.Qs[:])
	addHighBits(q, &b.Qh)
	subtract(q, 16)
}

func quantizeQ5_0(dst []BlockQ5_0, src []float32) {
	for i := range dst {
		b, x := &dst[i], (*[32]float32)(src[32*i:])
		// The largest element, with its sign, becomes -16.
		max, _ := extreme(x[:])
		d := max / -16
		id := inverse(d)
		b.D = halfOf(d)
		var qh uint32
		for j := range b.Qs {
			q0 := byte(min(31, int8(toInt(float32(x[j]*id)+16.5))))
			q1 := byte(min(31, int8(toInt(float32(x[j+16]*id)+16.5))))
			b.Qs[j] = q0&15 | q1<<4
			qh |= uint32(q0>>4&1)<<j | uint32(q1>>4&1)<<(j+16)
		}
		binary.LittleEndian.PutUint32(b.Qh[:], qh)
	}
}

// searchQ5_0 is quantizeQ5_0 with the scale of a search.
func searchQ5_0(dst []BlockQ5_0, src, weights []float32) {
	var f fit32
	for i := range dst {
		b := &dst[i]
		b.D = f.scale(src[32*i:], weightsFrom(weights, 32*i), levels{lo: -16, hi: 15})
		pack4(b.Qs[:], f.q[:])
		packHighBits(&b.Qh, &f.q)
	}
}
