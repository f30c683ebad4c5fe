package simd

import (
	"encoding/binary"

	"github.com/querent-ai/chord/quant"
)

// gemmGeneric is the product of a panel with tiles of packed rows, in Go:
//
//	for each tile, block, token t, row r {
//		acc[t][r] += float32(s) * (dw[r] * dx[t])
//	}
func gemmGeneric(dst *float32, stride int, w, acts *byte, blocks, tiles, tokens int, typ quant.Type) {
	size := typ.BlockBytes()
	out := at[float32]((*byte)(ptr(dst)), 0, (tokens-1)*stride+tiles*tileRows)
	var s [tileRows]int32
	var dw [tileRows]float32
	for tile := range tiles {
		var acc [panelMax][tileRows]float32
		for b := range blocks {
			wb := at[byte](w, (tile*blocks+b)*tileRows*size, tileRows*size)
			for r := range dw {
				dw[r] = quant.F16ToF32(binary.LittleEndian.Uint16(wb[2*r:]))
			}
			rec := b * tokens * recordBytes
			dx := at[float32](acts, rec+32*tokens, tokens)
			bias := at[int32](acts, rec+36*tokens, tokens)
			for t := range tokens {
				sumBlock(typ, &s, wb[2*tileRows:], at[int8](acts, rec+32*t, 32), bias[t])
				for r := range s {
					acc[t][r] += float32(float32(s[r]) * float32(dw[r]*dx[t]))
				}
			}
		}
		for t := range tokens {
			copy(out[t*stride+tile*tileRows:][:tileRows], acc[t][:])
		}
	}
}

// sumBlock sets s, one sum for each row, to the products of the quants of an
// interleaved block with 32 activations. (A function value would move s to the
// heap.)
func sumBlock(typ quant.Type, s *[tileRows]int32, w []byte, x []int8, bias int32) {
	if typ == quant.Q4_0 {
		blockQ4_0(s, w, x, bias)
	} else {
		blockQ8_0(s, w, x)
	}
}

// blockQ4_0 sums (q-8)·x: low nibbles are the first 16 elements. bias is -8·Σx.
func blockQ4_0(s *[tileRows]int32, w []byte, x []int8, bias int32) {
	for r := range s {
		s[r] = bias
	}
	for c := range 4 {
		a0, a1, a2, a3 := int32(x[4*c]), int32(x[4*c+1]), int32(x[4*c+2]), int32(x[4*c+3])
		b0, b1, b2, b3 := int32(x[4*c+16]), int32(x[4*c+17]), int32(x[4*c+18]), int32(x[4*c+19])
		chunk := w[64*c : 64*c+64]
		for r := range s {
			q := chunk[4*r : 4*r+4]
			lo := int32(q[0]&15)*a0 + int32(q[1]&15)*a1 + int32(q[2]&15)*a2 + int32(q[3]&15)*a3
			hi := int32(q[0]>>4)*b0 + int32(q[1]>>4)*b1 + int32(q[2]>>4)*b2 + int32(q[3]>>4)*b3
			s[r] += lo + hi
		}
	}
}

// blockQ8_0 sums q·x.
func blockQ8_0(s *[tileRows]int32, w []byte, x []int8) {
	clear(s[:])
	for c := range 8 {
		a0, a1, a2, a3 := int32(x[4*c]), int32(x[4*c+1]), int32(x[4*c+2]), int32(x[4*c+3])
		chunk := w[64*c : 64*c+64]
		for r := range s {
			q := chunk[4*r : 4*r+4]
			s[r] += int32(int8(q[0]))*a0 + int32(int8(q[1]))*a1 + int32(int8(q[2]))*a2 + int32(int8(q[3]))*a3
		}
	}
}

// genericProducts returns a product in Go for each number of tokens.
func genericProducts(typ quant.Type, product func(dst *float32, stride int, w, acts *byte, blocks, tiles, tokens int, typ quant.Type)) []gemmFunc {
	fns := make([]gemmFunc, panelMax)
	for i := range fns {
		fns[i] = func(dst *float32, stride int, w, acts *byte, blocks, tiles int) {
			product(dst, stride, w, acts, blocks, tiles, i+1, typ)
		}
	}
	return fns
}
