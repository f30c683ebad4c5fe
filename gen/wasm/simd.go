package wasm

// simd is an instruction of SIMD128 with operands.
func simd(t Type, op uint64, operands ...Expr) Expr {
	return join(t, uleb([]byte{0xfd}, op), operands...)
}

// v2 is an instruction of two vectors.
func v2(op uint64) func(a, b Expr) Expr {
	return func(a, b Expr) Expr {
		a.want(V128)
		b.want(V128)
		return simd(V128, op, a, b)
	}
}

// v1 is an instruction of one vector.
func v1(op uint64) func(a Expr) Expr {
	return func(a Expr) Expr {
		a.want(V128)
		return simd(V128, op, a)
	}
}

// shift is an instruction that shifts lanes by a number of bits, which takes none
// of their place if it is 0.
func shift(op uint64) func(a Expr, by int) Expr {
	return func(a Expr, by int) Expr {
		a.want(V128)
		if by == 0 {
			return a
		}
		return simd(V128, op, a, Const(by))
	}
}

// shiftBy is shift by a number that is computed.
func shiftBy(op uint64) func(a, by Expr) Expr {
	return func(a, by Expr) Expr {
		a.want(V128)
		by.want(I32)
		return simd(V128, op, a, by)
	}
}

// splat is an instruction that repeats a number in all lanes.
func splat(op uint64, t Type) func(a Expr) Expr {
	return func(a Expr) Expr {
		a.want(t)
		return simd(V128, op, a)
	}
}

// Instructions of SIMD128, named as the specification names them.
var (
	I8x16Swizzle = v2(14)
	I16x8Splat   = splat(16, I32)
	I32x4Splat   = splat(17, I32)
	F32x4Splat   = splat(19, F32)

	I8x16Eq  = v2(0x23)
	I32x4Eq  = v2(0x37)
	I32x4LtS = v2(0x39)
	I32x4GtS = v2(0x3b)
	I32x4GeS = v2(0x3f)
	F32x4Eq  = v2(0x41)
	F32x4Lt  = v2(0x43)
	F32x4Gt  = v2(0x44)

	V128Not = v1(0x4d)
	V128And = v2(0x4e)
	V128Or  = v2(0x50)
	V128Xor = v2(0x51)

	I8x16Sub         = v2(0x71)
	I8x16Add         = v2(0x6e)
	I8x16NarrowI16x8 = v2(0x65) // signed, saturating

	I16x8NarrowI32x4  = v2(0x85)
	I16x8NarrowI32x4U = v2(0x86)
	I16x8ExtendLow    = v1(0x87) // of signed bytes
	I16x8ExtendHigh   = v1(0x88)
	I16x8ExtendLowU   = v1(0x89) // of unsigned ones
	I16x8Shl          = shift(0x8b)
	I16x8ShrS         = shift(0x8c)
	I16x8ShrU         = shift(0x8d)
	I16x8ShlBy        = shiftBy(0x8b)
	I16x8ShrUBy       = shiftBy(0x8d)
	I16x8Add          = v2(0x8e)
	I16x8Sub          = v2(0x91)
	I16x8Pairs        = v1(0x7c) // sums of neighbouring signed bytes

	I32x4Pairs      = v1(0x7e) // sums of neighbouring int16
	I32x4ExtendLow  = v1(0xa7) // of int16
	I32x4ExtendHigh = v1(0xa8)
	I32x4ExtendLowU = v1(0xa9)
	I32x4Neg        = v1(0xa1)
	I32x4Shl        = shift(0xab)
	I32x4ShrS       = shift(0xac)
	I32x4ShrU       = shift(0xad)
	I32x4ShlBy      = shiftBy(0xab)
	I32x4ShrUBy     = shiftBy(0xad)
	I32x4Add        = v2(0xae)
	I32x4Sub        = v2(0xb1)
	I32x4Mul        = v2(0xb5)
	I32x4MaxS       = v2(0xb8)
	I32x4MaxU       = v2(0xb9)
	I32x4Dot        = v2(0xba) // of pairs of int16
	I32x4Trunc      = v1(0xf8)

	F32x4Abs     = v1(0xe0)
	F32x4Neg     = v1(0xe1)
	F32x4Add     = v2(0xe4)
	F32x4Sub     = v2(0xe5)
	F32x4Mul     = v2(0xe6)
	F32x4Div     = v2(0xe7)
	F32x4PMax    = v2(0xeb) // a < b ? b : a
	F32x4Convert = v1(0xfa) // of int32
)

// Select is the bits of a where mask has ones, else those of b.
func Select(a, b, mask Expr) Expr {
	for _, e := range []Expr{a, b, mask} {
		e.want(V128)
	}
	return simd(V128, 0x52, a, b, mask)
}

// AnyTrue is 1 if a has a bit that is not 0.
func AnyTrue(a Expr) Expr {
	a.want(V128)
	return simd(I32, 0x53, a)
}

// Lane is dword i of a, an i32.
func Lane(a Expr, i int) Expr {
	a.want(V128)
	e := simd(I32, 27, a)
	e.code = append(e.code, byte(i))
	return e
}

// LaneF is float i of a.
func LaneF(a Expr, i int) Expr {
	a.want(V128)
	e := simd(F32, 31, a)
	e.code = append(e.code, byte(i))
	return e
}

// Shuffle is a vector of bytes of a, 0 to 15, and of b, 16 to 31.
func Shuffle(a, b Expr, bytes [16]byte) Expr {
	a.want(V128)
	b.want(V128)
	e := simd(V128, 13, a, b)
	e.code = append(e.code, bytes[:]...)
	return e
}

// Dwords is Shuffle by dwords, 0 to 7.
func Dwords(a, b Expr, dwords ...byte) Expr {
	var bytes [16]byte
	for i := range bytes {
		bytes[i] = dwords[i/4]*4 + byte(i%4)
	}
	return Shuffle(a, b, bytes)
}
