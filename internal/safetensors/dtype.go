package safetensors

import "strconv"

// A DType is the type of a tensor's elements.
type DType uint8

// The supported types; others are an error. Of the floats of 8 bits, E4M3 has no
// infinities (elsewhere called E4M3FN), and E8M0 has powers of two only.
const (
	F64 DType = iota
	F32
	F16
	BF16
	I64
	I32
	I16
	I8
	U64
	U32
	U16
	U8
	BOOL
	F8E4M3
	F8E5M2
	F8E8M0
)

// dtypes has a row for every DType: its name in a file and its size in bytes.
var dtypes = [...]struct {
	name string
	size int
}{
	F64: {"F64", 8}, F32: {"F32", 4}, F16: {"F16", 2}, BF16: {"BF16", 2},
	I64: {"I64", 8}, I32: {"I32", 4}, I16: {"I16", 2}, I8: {"I8", 1},
	U64: {"U64", 8}, U32: {"U32", 4}, U16: {"U16", 2}, U8: {"U8", 1}, BOOL: {"BOOL", 1},
	F8E4M3: {"F8_E4M3", 1}, F8E5M2: {"F8_E5M2", 1}, F8E8M0: {"F8_E8M0", 1},
}

// String returns the name of d in a file.
func (d DType) String() string {
	if int(d) < len(dtypes) {
		return dtypes[d].name
	}
	return "dtype(" + strconv.Itoa(int(d)) + ")"
}

// Size returns the size of one element in bytes.
func (d DType) Size() int { return dtypes[d].size }

// dtypeOf returns the type called name, and false if it is not supported.
func dtypeOf(name string) (DType, bool) {
	for i := range dtypes {
		if dtypes[i].name == name {
			return DType(i), true
		}
	}
	return 0, false
}
