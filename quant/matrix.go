package quant

// A Matrix is a (Rows, Cols) matrix in a file's own bytes, row-major, every
// row a whole number of Type's blocks.
type Matrix struct {
	Type Type
	Rows int
	Cols int    // a multiple of Type.BlockElems()
	Data []byte // Rows times Type.RowBytes(Cols)
}
