package simd

import "encoding/binary"

// arrange puts the quants of token i of the panel at rec into the order of kind k,
// and -Σ qs in the place of the bias; or, where 16 columns share a scale, -12·Σ qs of
// the first and the second sixteen in the places of both biases.
//
// A dword of weights of one bit has 32 columns of a row in order. One shift and one
// mask leave one bit in each of its bytes: columns c, c+8, c+16 and c+24. So these
// are a dword of activations, to be multiplied with them. With two bits a dword has
// sixteen columns, and columns c, c+4, c+8 and c+12 come together. To put bits
// into the order of the columns instead takes more instructions for every tile.
func arrange(k kind, rec *byte, i, tokens, blocks int) {
	if k == blocks32 {
		return
	}
	for b := range blocks {
		off := b * tokens * recordBytes
		x := (*[32]byte)(at[byte](rec, off+32*i, 32))
		bias, second := &at[int32](rec, off+36*tokens, tokens)[i], &at[int32](rec, off+40*tokens, tokens)[i]
		*bias >>= 3
		switch k {
		case every8:
			arrange8(x)
		case every4:
			arrange4((*[16]byte)(x[:16]))
			arrange4((*[16]byte)(x[16:]))
		case groups16:
			first := -sum16((*[16]byte)(x[:16]))
			*bias, *second = 12*first, 12*(*bias-first)
		}
	}
}

// sum16 is the sum of sixteen quants.
func sum16(x *[16]byte) (sum int32) {
	for _, q := range x {
		sum += int32(int8(q))
	}
	return sum
}

// arrange8 sets dword c of x to columns c, c+8, c+16 and c+24.
func arrange8(x *[32]byte) {
	y := *x
	for c := range 8 {
		binary.LittleEndian.PutUint32(x[4*c:],
			uint32(y[c])|uint32(y[c+8])<<8|uint32(y[c+16])<<16|uint32(y[c+24])<<24)
	}
}

// arrange4 sets dword c of x to columns c, c+4, c+8 and c+12.
func arrange4(x *[16]byte) {
	y := *x
	for c := range 4 {
		binary.LittleEndian.PutUint32(x[4*c:],
			uint32(y[c])|uint32(y[c+4])<<8|uint32(y[c+8])<<16|uint32(y[c+12])<<24)
	}
}
