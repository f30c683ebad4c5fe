package gguf

import (
	"fmt"
	"math"
	"math/bits"
	"unicode/utf8"

	"github.com/querent-ai/chord/quant"
)

// checkName says what is wrong with a tensor's name, "" if nothing.
func checkName(name string) string {
	switch {
	case len(name) > MaxName:
		return fmt.Sprintf("name of %d bytes, at most %d", len(name), MaxName)
	case name == "" || !utf8.ValidString(name):
		return "name is empty or not UTF-8"
	}
	return ""
}

// tensorSize returns the bytes of a tensor, or says what is wrong with it.
func tensorSize(t quant.Type, shape []uint64) (size int64, fault string) {
	if !t.Known() {
		return 0, unknownType(t)
	}
	row, elems := uint64(1), uint64(1)
	if len(shape) > 0 {
		row = shape[0]
	}
	for _, d := range shape {
		hi, lo := bits.Mul64(elems, d)
		switch {
		case d == 0:
			return 0, fmt.Sprintf("shape %d has a dimension of 0", shape)
		case hi != 0 || lo > math.MaxInt64:
			return 0, fmt.Sprintf("shape %d has more than 2^63 elements", shape)
		}
		elems = lo
	}
	block := uint64(t.BlockElems())
	if row%block != 0 {
		return 0, fmt.Sprintf("%s with rows of %d elements, want a multiple of %d", t, row, block)
	}
	hi, lo := bits.Mul64(elems/block, uint64(t.BlockBytes()))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, fmt.Sprintf("shape %d of %s has more than 2^63 bytes", shape, t)
	}
	return int64(lo), ""
}

// unknownType says whether ggml has given up a type or never had it.
func unknownType(t quant.Type) string {
	switch t {
	case 4, 5, 31, 32, 33, 36, 37, 38: // Q4_2, Q4_3, Q4_0_4_4 and the like
		return fmt.Sprintf("type %d, which ggml has given up; convert the model anew", uint32(t))
	}
	return fmt.Sprintf("unknown tensor type %d", uint32(t))
}
