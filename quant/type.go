// Package quant implements ggml's block formats in plain Go: their layouts and
// sizes, quantisation and dequantisation. It is the reference for package simd.
package quant

import (
	"fmt"
	"math/bits"
	"strings"
)

// A Type is a ggml tensor type; its value is its number in GGUF files.
type Type uint32

// The types of ggml, named and numbered as ggml does.
const (
	F32     Type = 0
	F16     Type = 1
	Q4_0    Type = 2
	Q4_1    Type = 3
	Q5_0    Type = 6
	Q5_1    Type = 7
	Q8_0    Type = 8
	Q8_1    Type = 9
	Q2_K    Type = 10
	Q3_K    Type = 11
	Q4_K    Type = 12
	Q5_K    Type = 13
	Q6_K    Type = 14
	Q8_K    Type = 15
	IQ2_XXS Type = 16
	IQ2_XS  Type = 17
	IQ3_XXS Type = 18
	IQ1_S   Type = 19
	IQ4_NL  Type = 20
	IQ3_S   Type = 21
	IQ2_S   Type = 22
	IQ4_XS  Type = 23
	I8      Type = 24
	I16     Type = 25
	I32     Type = 26
	I64     Type = 27
	F64     Type = 28
	IQ1_M   Type = 29
	BF16    Type = 30
	TQ1_0   Type = 34
	TQ2_0   Type = 35
	MXFP4   Type = 39
	NVFP4   Type = 40
	Q1_0    Type = 41
	Q2_0    Type = 42
)

// layout is one row of the table of types.
type layout struct {
	name  string
	elems int // of a block
	bytes int // of a block
}

// layouts is indexed by Type; numbers that ggml no longer uses have no name.
var layouts = [...]layout{
	F32: {"F32", 1, 4}, F16: {"F16", 1, 2}, BF16: {"BF16", 1, 2}, F64: {"F64", 1, 8},
	I8: {"I8", 1, 1}, I16: {"I16", 1, 2}, I32: {"I32", 1, 4}, I64: {"I64", 1, 8},
	Q4_0: {"Q4_0", 32, 18}, Q4_1: {"Q4_1", 32, 20}, Q5_0: {"Q5_0", 32, 22}, Q5_1: {"Q5_1", 32, 24},
	Q8_0: {"Q8_0", 32, 34}, Q8_1: {"Q8_1", 32, 36},
	Q2_K: {"Q2_K", 256, 84}, Q3_K: {"Q3_K", 256, 110}, Q4_K: {"Q4_K", 256, 144},
	Q5_K: {"Q5_K", 256, 176}, Q6_K: {"Q6_K", 256, 210}, Q8_K: {"Q8_K", 256, 292},
	IQ2_XXS: {"IQ2_XXS", 256, 66}, IQ2_XS: {"IQ2_XS", 256, 74}, IQ2_S: {"IQ2_S", 256, 82},
	IQ3_XXS: {"IQ3_XXS", 256, 98}, IQ3_S: {"IQ3_S", 256, 110},
	IQ1_S: {"IQ1_S", 256, 50}, IQ1_M: {"IQ1_M", 256, 56},
	IQ4_NL: {"IQ4_NL", 32, 18}, IQ4_XS: {"IQ4_XS", 256, 136},
	TQ1_0: {"TQ1_0", 256, 54}, TQ2_0: {"TQ2_0", 256, 66},
	MXFP4: {"MXFP4", 32, 17}, NVFP4: {"NVFP4", 64, 36}, Q1_0: {"Q1_0", 128, 18}, Q2_0: {"Q2_0", 64, 18},
}

// layout returns the row of the table for t, that of its base if t is
// interleaved, and an empty row if t is unknown.
func (t Type) layout() layout {
	t, _ = t.Base()
	if uint64(t) < uint64(len(layouts)) {
		return layouts[t]
	}
	return layout{}
}

// Known reports whether t is one of the types above or interleaved.
func (t Type) Known() bool { return t.layout().elems != 0 }

// String returns ggml's name of t, such as "Q4_K", or "type(99)".
func (t Type) String() string {
	if l := t.layout(); l.elems != 0 {
		if _, interleaved := t.Base(); interleaved {
			return l.name + "_X16"
		}
		return l.name
	}
	return fmt.Sprintf("type(%d)", uint32(t))
}

// BlockElems returns the number of elements in a block of t, 0 if t is unknown.
func (t Type) BlockElems() int { return t.layout().elems }

// BlockBytes returns the number of bytes in a block of t, 0 if t is unknown.
func (t Type) BlockBytes() int { return t.layout().bytes }

// RowBytes returns the bytes of n consecutive elements of t.
//
// It returns an error if t is unknown, if n is negative or not a multiple of the
// block's elements, or if the result overflows an int.
func (t Type) RowBytes(n int) (int, error) {
	l := t.layout()
	if l.elems == 0 {
		return 0, fmt.Errorf("quant: unknown type %d", uint32(t))
	}
	if n < 0 || n%l.elems != 0 {
		return 0, fmt.Errorf("quant: %s: %d elements, want a multiple of %d", l.name, n, l.elems)
	}
	hi, lo := bits.Mul64(uint64(n/l.elems), uint64(l.bytes))
	if hi != 0 || int(lo) < 0 || uint64(int(lo)) != lo {
		return 0, fmt.Errorf("quant: %s: size of %d elements overflows", l.name, n)
	}
	return int(lo), nil
}

// ParseType returns the type with ggml's name, in upper or lower case.
func ParseType(name string) (Type, error) {
	for t, l := range layouts {
		if l.elems != 0 && strings.EqualFold(l.name, name) {
			return Type(t), nil
		}
	}
	return 0, fmt.Errorf("quant: unknown type %q", name)
}

// x16 is the upper half of the Type of a matrix whose rows are interleaved by
// sixteen for package simd. ggml has no such types, so that its readers reject the
// tensor.
const x16 Type = 0x43480000

// X16 returns the interleaved form of t, such as "Q4_0_X16": the same bytes in
// another order, the number of rows a multiple of 16.
func (t Type) X16() Type { return t | x16 }

// Base returns the type that t is the interleaved form of and true, or t itself
// and false.
func (t Type) Base() (base Type, interleaved bool) {
	if t&0xffff0000 != x16 {
		return t, false
	}
	return t &^ 0xffff0000, true
}
