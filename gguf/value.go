package gguf

import "fmt"

// A ValueType is the type of a value, numbered as GGUF does.
type ValueType uint32

// The 13 types of GGUF.
const (
	UINT8   ValueType = 0
	INT8    ValueType = 1
	UINT16  ValueType = 2
	INT16   ValueType = 3
	UINT32  ValueType = 4
	INT32   ValueType = 5
	FLOAT32 ValueType = 6
	BOOL    ValueType = 7
	STRING  ValueType = 8
	ARRAY   ValueType = 9
	UINT64  ValueType = 10
	INT64   ValueType = 11
	FLOAT64 ValueType = 12
)

// valueTypes has a row for every ValueType: its name, and its size in bytes, 0 if
// that varies.
var valueTypes = [...]struct {
	name string
	size uint64
}{
	{"UINT8", 1}, {"INT8", 1}, {"UINT16", 2}, {"INT16", 2}, {"UINT32", 4}, {"INT32", 4},
	{"FLOAT32", 4}, {"BOOL", 1}, {"STRING", 0}, {"ARRAY", 0}, {"UINT64", 8}, {"INT64", 8}, {"FLOAT64", 8},
}

// known reports whether t is one of the 13.
func (t ValueType) known() bool { return int64(t) < int64(len(valueTypes)) }

// String returns GGUF's name of t, such as "UINT32", or "type(99)".
func (t ValueType) String() string {
	if t.known() {
		return valueTypes[t].name
	}
	return fmt.Sprintf("type(%d)", uint32(t))
}

// TypeOf returns the type of a value, and false if it is none that [KV] lists.
func TypeOf(value any) (ValueType, bool) {
	switch value.(type) {
	case uint8:
		return UINT8, true
	case int8:
		return INT8, true
	case uint16:
		return UINT16, true
	case int16:
		return INT16, true
	case uint32:
		return UINT32, true
	case int32:
		return INT32, true
	case float32:
		return FLOAT32, true
	case bool:
		return BOOL, true
	case string:
		return STRING, true
	case uint64:
		return UINT64, true
	case int64:
		return INT64, true
	case float64:
		return FLOAT64, true
	}
	_, _, ok := ArrayOf(value)
	return ARRAY, ok
}

// ArrayOf returns the element type and the length of a value that is an ARRAY, and
// false if it is none.
func ArrayOf(value any) (elem ValueType, n int, ok bool) {
	switch v := value.(type) {
	case []uint8:
		return UINT8, len(v), true
	case []int8:
		return INT8, len(v), true
	case []uint16:
		return UINT16, len(v), true
	case []int16:
		return INT16, len(v), true
	case []uint32:
		return UINT32, len(v), true
	case []int32:
		return INT32, len(v), true
	case []float32:
		return FLOAT32, len(v), true
	case []bool:
		return BOOL, len(v), true
	case []string:
		return STRING, len(v), true
	case []any:
		return ARRAY, len(v), true
	case []uint64:
		return UINT64, len(v), true
	case []int64:
		return INT64, len(v), true
	case []float64:
		return FLOAT64, len(v), true
	}
	return 0, 0, false
}

// typeName returns the type of value for an error: "UINT32", "ARRAY of STRING".
func typeName(value any) string {
	if elem, _, ok := ArrayOf(value); ok {
		return "ARRAY of " + elem.String()
	}
	t, _ := TypeOf(value)
	return t.String()
}
