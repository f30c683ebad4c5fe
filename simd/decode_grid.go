package simd

import "github.com/querent-ai/chord/quant"

// decodeGrid returns the decoder of a type whose elements are points of grids.
func decodeGrid(t quant.Type) decoder {
	return decoder{
		decode: func(v *ints, b []byte) { v.d = quant.Integers(t, b, &v.q, &v.sc) },
		small:  true,
	}
}
