package quant

import (
	"encoding/binary"
	"math"
)

// BlockQ8_K is 256 elements in 292 bytes, x = D·q. It is ggml's type of
// activations for products with K-quants; files do not use it.
//
//	0 D f32 | 4 Qs [256]i8 | 260 BSums [16]i16, the sums of 16 q each
type BlockQ8_K struct {
	D     [4]byte
	Qs    [256]int8
	BSums [16][2]byte
}

// scale returns D of b.
func (b *BlockQ8_K) scale() float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b.D[:]))
}

func (b *BlockQ8_K) integers(v *Ints) {
	v.setD(b.scale(), 16)
	v.Q = b.Qs
}

func quantizeQ8_K(dst []BlockQ8_K, src []float32) {
	for i := range dst {
		b, x := &dst[i], (*[256]float32)(src[256*i:])
		// The largest element, with its sign, becomes -127.
		max, amax := extreme(x[:])
		if amax == 0 {
			*b = BlockQ8_K{}
			continue
		}
		inv := -127 / max
		for j, v := range x {
			b.Qs[j] = int8(min(127, roundEven(float32(inv*v))))
		}
		for j := range b.BSums {
			var sum int16
			for _, q := range b.Qs[16*j : 16*j+16] {
				sum += int16(q)
			}
			binary.LittleEndian.PutUint16(b.BSums[j][:], uint16(sum))
		}
		binary.LittleEndian.PutUint32(b.D[:], math.Float32bits(1/inv))
	}
}
