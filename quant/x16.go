package quant

// x16 marks, in a Type's upper half, the type of a matrix whose rows are
// interleaved by sixteen, as package simd wants them. ggml has no such numbers,
// so that other readers refuse the tensor rather than misread it.
const x16 Type = 0x43480000

// X16 returns the interleaved form of t, such as "Q4_0_X16": the same bytes in
// another order, the number of rows a multiple of 16.
func (t Type) X16() Type { return t | x16 }

// Base returns the type whose interleaved form t is, or t itself if it is
// none, and which of the two it was.
func (t Type) Base() (base Type, interleaved bool) {
	if t&0xffff0000 != x16 {
		return t, false
	}
	return t &^ 0xffff0000, true
}
