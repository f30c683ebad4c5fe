package wasm

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A Type is the type of a value, as modules encode it.
type Type byte

// The types that kernels use.
const (
	I32  Type = 0x7f
	I64  Type = 0x7e
	F32  Type = 0x7d
	V128 Type = 0x7b
)

// An Expr is a value: instructions that leave one operand of its type.
type Expr struct {
	typ  Type
	code []byte
}

// Valid reports whether e is an expression, not the zero Expr.
func (e Expr) Valid() bool { return e.typ != 0 }

// want panics unless e is of type t.
func (e Expr) want(t Type) {
	if e.typ != t {
		panic(fmt.Sprintf("wasm: operand of type %#x, want %#x", e.typ, t))
	}
}

// Type is the type of e.
func (e Expr) Type() Type { return e.typ }

// A Var is a local variable; as an Expr it is its value.
type Var struct {
	Expr
	index uint32
}

// uleb appends an unsigned number in LEB128.
func uleb(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// sleb appends a signed number in LEB128.
func sleb(b []byte, v int64) []byte {
	for v < -64 || v > 63 {
		b = append(b, byte(v)&0x7f|0x80)
		v >>= 7
	}
	return append(b, byte(v)&0x7f)
}

// Const is an i32.
func Const(v int) Expr { return Expr{I32, sleb([]byte{0x41}, int64(int32(v)))} }

// Const64 is an i64.
func Const64(v int64) Expr { return Expr{I64, sleb([]byte{0x42}, v)} }

// Extend is an i32 that is not negative as an i64, Narrow the low bits of an i64.
func Extend(e Expr) Expr {
	e.want(I32)
	return join(I64, []byte{0xad}, e)
}

// Narrow is described at [Extend].
func Narrow(e Expr) Expr {
	e.want(I64)
	return join(I32, []byte{0xa7}, e)
}

// ConstF is a float32.
func ConstF(v float32) Expr {
	return Expr{F32, binary.LittleEndian.AppendUint32([]byte{0x43}, math.Float32bits(v))}
}

// Bits is a v128 of up to four dwords, repeated.
func Bits(v ...uint32) Expr {
	code := []byte{0xfd, 12}
	for i := range 4 {
		code = binary.LittleEndian.AppendUint32(code, v[i%len(v)])
	}
	return Expr{V128, code}
}

// Float is a v128 of four times v.
func Float(v float32) Expr { return Bits(math.Float32bits(v)) }

// join is an instruction behind its operands.
func join(t Type, op []byte, operands ...Expr) Expr {
	var code []byte
	for _, e := range operands {
		code = append(code, e.code...)
	}
	return Expr{t, append(code, op...)}
}

// typed returns the instruction of two operands and a result of the types given.
func typed(op byte, operand, result Type) func(a, b Expr) Expr {
	return func(a, b Expr) Expr {
		a.want(operand)
		b.want(operand)
		return join(result, []byte{op}, a, b)
	}
}

// either returns the instruction of one of two codes, for operands of 32 or of 64 bits.
func either(narrow, wide byte, compare bool) func(a, b Expr) Expr {
	return func(a, b Expr) Expr {
		b.want(a.typ)
		op, result := narrow, a.typ
		if a.typ == I64 {
			op = wide
		} else {
			a.want(I32)
		}
		if compare {
			result = I32
		}
		return join(result, []byte{op}, a, b)
	}
}

// Arithmetic of integers of 32 and of 64 bits, and comparisons.
var (
	Eq  = either(0x46, 0x51, true)
	Ne  = either(0x47, 0x52, true)
	LtS = either(0x48, 0x53, true)
	LtU = either(0x49, 0x54, true)
	GtS = either(0x4a, 0x55, true)
	GeS = either(0x4e, 0x59, true)
	GeU = either(0x4f, 0x5a, true)
	Add = either(0x6a, 0x7c, false)
	Sub = either(0x6b, 0x7d, false)
	Mul = either(0x6c, 0x7e, false)
	And = either(0x71, 0x83, false)
	Or  = either(0x72, 0x84, false)
	Shl = either(0x74, 0x86, false)
	Shr = either(0x76, 0x88, false) // without a sign
)

// Arithmetic of float32.
var (
	F32Gt  = typed(0x5e, F32, I32)
	F32Add = typed(0x92, F32, F32)
	F32Sub = typed(0x93, F32, F32)
	F32Mul = typed(0x94, F32, F32)
)

// FloatBits is the bits of a float32.
func FloatBits(e Expr) Expr {
	e.want(F32)
	return join(I32, []byte{0xbc}, e)
}
