package quant

import "encoding/binary"

// BlockQ5_1 is 32 elements in 24 bytes, x = D·q + M.
//
//	0 D f16 | 2 M f16 | 4 Qh u32, bit i the fifth bit of element i
//	8 Qs [16]u8, low nibbles elements 0…15, high 16…31
type BlockQ5_1 struct {
	D, M Half
	Qh   [4]byte
	Qs   [16]byte
}

func (b *BlockQ5_1) integers(v *Ints) {
	v.setD(b.D.F32(), 2)
	v.setMin(b.M.F32())
	q := v.bytes()[:32]
	unpack4(q, b.Qs[:])
	addHighBits(q, &b.Qh)
}

func quantizeQ5_1(dst []BlockQ5_1, src []float32) {
	for i := range dst {
		b, x := &dst[i], (*[32]float32)(src[32*i:])
		lo, hi := bounds(x[:])
		d := (hi - lo) / 31
		id := inverse(d)
		b.D, b.M = halfOf(d), halfOf(lo)
		var qh uint32
		for j := range b.Qs {
			q0 := byte(toInt(float32((x[j]-lo)*id) + 0.5))
			q1 := byte(toInt(float32((x[j+16]-lo)*id) + 0.5))
			b.Qs[j] = q0&15 | q1<<4
			qh |= uint32(q0>>4&1)<<j | uint32(q1>>4&1)<<(j+16)
		}
		binary.LittleEndian.PutUint32(b.Qh[:], qh)
	}
}

// searchQ5_1 is quantizeQ5_1 with the scale and minimum of a search.
func searchQ5_1(dst []BlockQ5_1, src, weights []float32) {
	var f fit32
	for i := range dst {
		b := &dst[i]
		b.D, b.M = f.line(src[32*i:], weightsFrom(weights, 32*i), 31)
		pack4(b.Qs[:], f.q[:])
		packHighBits(&b.Qh, &f.q)
	}
}
