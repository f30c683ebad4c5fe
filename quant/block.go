package quant

import "unsafe"

// A Block is the layout of one block of a type. It consists of bytes: it has no
// padding and no alignment, and is the same on every machine.
type Block interface {
	BlockQ4_0 | BlockQ4_1 | BlockQ5_0 | BlockQ5_1 | BlockQ8_0 |
		BlockQ2_K | BlockQ3_K | BlockQ4_K | BlockQ5_K | BlockQ6_K | BlockQ8_K |
		BlockIQ1_S | BlockIQ1_M | BlockIQ2_XXS | BlockIQ2_XS | BlockIQ2_S | BlockIQ3_XXS | BlockIQ3_S |
		BlockIQ4_NL | BlockIQ4_XS | BlockMXFP4 | BlockNVFP4 | BlockQ1_0 | BlockQ2_0 | BlockTQ1_0 | BlockTQ2_0
}

// Blocks returns the whole blocks in data, which share its memory. Bytes after
// the last whole block are ignored.
func Blocks[B Block](data []byte) []B {
	var b B
	n := len(data) / int(unsafe.Sizeof(b))
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*B)(unsafe.Pointer(unsafe.SliceData(data))), n)
}

// A Matrix is a (Rows, Cols) matrix in the bytes of a file, row-major. Every row
// is a whole number of blocks.
type Matrix struct {
	Type Type
	Rows int
	Cols int    // a multiple of Type.BlockElems()
	Data []byte // Rows times Type.RowBytes(Cols)
}
