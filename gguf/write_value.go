package gguf

import (
	"encoding/binary"
	"fmt"
)

// appendString appends a string with its length.
func appendString(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// appendValue appends a value without its type. depth is 1 for a key's value.
func appendValue(b []byte, value any, depth int) ([]byte, error) {
	if s, ok := value.(string); ok {
		return appendString(b, s), nil
	}
	if elem, n, ok := ArrayOf(value); ok {
		b = binary.LittleEndian.AppendUint32(b, uint32(elem))
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
		switch v := value.(type) {
		case []string:
			for _, s := range v {
				b = appendString(b, s)
			}
			return b, nil
		case []any:
			return appendArrays(b, v, depth)
		}
	} else if _, ok := TypeOf(value); !ok {
		return nil, fmt.Errorf("a value of Go type %T", value)
	}
	b, err := binary.Append(b, binary.LittleEndian, value)
	if err != nil {
		panic("gguf: a type of TypeOf cannot be written") // they all have a fixed size
	}
	return b, nil
}

// appendArrays appends arrays, each with its type and length.
func appendArrays(b []byte, arrays []any, depth int) ([]byte, error) {
	if depth == MaxNesting {
		return nil, fmt.Errorf("arrays nested deeper than %d", MaxNesting)
	}
	for i, a := range arrays {
		if _, _, ok := ArrayOf(a); !ok {
			return nil, fmt.Errorf("element %d of an ARRAY of ARRAY has Go type %T", i, a)
		}
		var err error
		if b, err = appendValue(b, a, depth+1); err != nil {
			return nil, err
		}
	}
	return b, nil
}
