package simd

import (
	"fmt"

	"github.com/querent-ai/chord/quant"
)

// A Matrix is a weight matrix as the kernels want it. It does not change: any
// goroutine may use it.
//
// Types that the tier has kernels for are interleaved, layout X16: per 16 rows
// and block, the block's parts one after the other, such as 16 scales and then
// the quants in chunks of 64 bytes, dword r of chunk c being bytes 4c..4c+3 of
// row r's quants (see packings). It is a permutation of the file's own bytes,
// padded with rows of zeros to a multiple of 16. Other types stay as they are,
// row by row, and so do matrices that are views (see [ViewMatrix]); products pack
// or spread their tiles, if the tier can.
type Matrix struct {
	typ    quant.Type
	rows   int
	cols   int
	data   []byte
	packed bool // interleaved
	own    bool // data is not the file's
	spread bool // products spread it, tile by tile
	far    bool // data is of the far memory, which only kernels reach

	kind kind       // of activations that it takes
	gemm []gemmFunc // the tier's kernels for typ, by tokens-1, if it has any
}

// CanMultiply reports whether a matrix of type t can be multiplied with.
func CanMultiply(t quant.Type) bool {
	base, interleaved := t.Base()
	_, ok := kinds[base]
	return ok && (!interleaved || packings[base] != nil)
}

// NewMatrix makes w ready for [MatMul]. Types that have kernels are packed, in
// parallel on p (nil: the caller's thread), into memory from alloc (nil: the Go
// heap), after which w.Data is not needed any more ([Matrix.Copied]); of other
// types, and of interleaved ones that have kernels, w.Data is kept and must stay
// valid and unchanged.
//
// It errs if the type cannot be multiplied with or w's sizes contradict each
// other.
func NewMatrix(p *Pool, w quant.Matrix, alloc func(n int) ([]byte, error)) (*Matrix, error) {
	m, err := matrixOf(w)
	if err != nil {
		return nil, err
	}
	_, interleaved := w.Type.Base()
	m.packed = m.gemm != nil && !m.spread
	m.own = m.packed != interleaved
	if !m.own {
		return m, nil
	}
	if alloc == nil {
		alloc = func(n int) ([]byte, error) { return make([]byte, n), nil }
	}
	if m.data, err = alloc(m.tiles() * tileRows * m.rowBytes()); err != nil {
		return nil, err
	}
	if interleaved {
		p.Run(m.tiles(), 1, &unpackJob{m, w.Data})
	} else {
		p.Run(m.tiles(), 1, &packJob{m, w.Data})
	}
	return m, nil
}

// ViewMatrix is NewMatrix for weights that memory cannot hold twice: w.Data is
// kept, must stay valid and unchanged, and every product packs it again, tile
// by tile. Only interleaved matrices without kernels are copied all the same. It
// errs as NewMatrix does.
func ViewMatrix(p *Pool, w quant.Matrix, alloc func(n int) ([]byte, error)) (*Matrix, error) {
	if _, interleaved := w.Type.Base(); interleaved {
		return NewMatrix(p, w, alloc)
	}
	return matrixOf(w)
}

// matrixOf returns w as it lies, row-major, if its sizes are right.
func matrixOf(w quant.Matrix) (*Matrix, error) {
	typ, interleaved := w.Type.Base()
	if !CanMultiply(w.Type) {
		return nil, fmt.Errorf("simd: no products with weights of type %v", w.Type)
	}
	rowBytes, err := w.Type.RowBytes(w.Cols)
	if err != nil {
		return nil, err
	}
	if w.Rows < 0 || len(w.Data)/max(rowBytes, 1) < w.Rows || len(w.Data) != w.Rows*rowBytes {
		return nil, fmt.Errorf("simd: %v matrix of %d rows and %d columns in %d bytes", w.Type, w.Rows, w.Cols, len(w.Data))
	}
	if interleaved && w.Rows%tileRows != 0 {
		return nil, fmt.Errorf("simd: %v matrix of %d rows, want a multiple of %d", w.Type, w.Rows, tileRows)
	}
	m := &Matrix{typ: typ, rows: w.Rows, cols: w.Cols, data: w.Data, kind: kinds[typ]}
	if rowBytes > 0 {
		m.gemm = active.gemm[typ]
		if m.gemm == nil && spreads[typ] {
			m.gemm, m.spread = active.integers, active.integers != nil
		}
	}
	if m.gemm == nil {
		m.kind = m.kind.plain()
	}
	return m, nil
}

// Rows returns the number of rows, the length of a product.
func (m *Matrix) Rows() int { return m.rows }

// Cols returns the number of columns, the length of a row.
func (m *Matrix) Cols() int { return m.cols }

// Type returns the type of the weights.
func (m *Matrix) Type() quant.Type { return m.typ }

// Copied reports whether the matrix has memory of its own, so that the bytes
// it was made from are not needed any more.
func (m *Matrix) Copied() bool { return m.own }

// Bytes returns the size of the weights in bytes, rows that only fill up the
// last tile included.
func (m *Matrix) Bytes() int { return len(m.data) }

// tiles is the number of tiles of 16 rows, the last perhaps not full.
func (m *Matrix) tiles() int { return (m.rows + tileRows - 1) / tileRows }

// rowBytes is the size of a row; the type and the columns have been checked.
func (m *Matrix) rowBytes() int {
	return m.cols / m.typ.BlockElems() * m.typ.BlockBytes()
}

// tile returns the bytes of tile i of a packed matrix and all that follow.
func (m *Matrix) tile(i int) []byte { return m.data[i*tileRows*m.rowBytes():] }

// Row sets dst, (cols,), to row i, dequantised. It panics if i is out of range
// or the length differs.
func (m *Matrix) Row(dst []float32, i int) {
	checkLen("Matrix.Row", len(dst), m.cols)
	if i < 0 || i >= m.rows {
		panic("simd: Matrix.Row: no such row")
	}
	if !m.packed {
		n := m.rowBytes()
		quant.Dequantize(dst, m.typ, m.data[i*n:(i+1)*n])
		return
	}
	var blocks [maxBlock]byte
	size, elems := m.typ.BlockBytes(), m.typ.BlockElems()
	tile, fields := m.tile(i/tileRows), packings[m.typ]
	if m.far {
		near := make([]byte, m.tileBytes())
		farGet(near, tile)
		tile = near
	}
	some := maxBlock / size // blocks at a time
	for b := 0; b < m.cols/elems; b += some {
		n := min(some, m.cols/elems-b)
		for k := range n {
			unpackBlock(blocks[k*size:(k+1)*size], tile[(b+k)*tileRows*size:], fields, i%tileRows)
		}
		quant.Dequantize(dst[b*elems:(b+n)*elems], m.typ, blocks[:n*size])
	}
}
