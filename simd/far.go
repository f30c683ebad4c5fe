package simd

import (
	"errors"
	"sync"

	"github.com/querent-ai/chord/quant"
)

// The far memory is a second memory beside the program's own. Only kernels reach it, and
// only programs for WebAssembly whose starter gives them one have it: their own memory has
// addresses of 32 bits, 4 GiB. Matrices lie there behind each other and are never freed,
// since a program like that opens one model.
var far struct {
	sync.Mutex
	used, size uint64 // bytes
}

// HasFar reports whether there is a far memory.
func HasFar() bool { return farGrow(0) > 0 }

// farPage is the unit in which memory of WebAssembly grows.
const farPage = 64 << 10

var errFar = errors.New("simd: no more memory for weights")

// farAlloc returns n bytes of the far memory, as addresses that only kernels can use.
func farAlloc(n int) ([]byte, error) {
	far.Lock()
	defer far.Unlock()
	const line = 64
	end := far.used + (uint64(n)+line-1)/line*line
	if end > far.size {
		pages := farGrow(int((end - far.size + farPage - 1) / farPage))
		if pages == 0 {
			return nil, errFar
		}
		far.size = uint64(pages) * farPage
	}
	b := farBytes(far.used, n)
	far.used = end
	return b, nil
}

// FarMatrix is [NewMatrix] with the packed weights in the far memory. Matrices of types
// without kernels stay in the program's own, in memory from alloc. There must be a far
// memory.
func FarMatrix(p *Pool, w quant.Matrix, alloc func(n int) ([]byte, error)) (*Matrix, error) {
	m, err := matrixOf(w)
	if err != nil {
		return nil, err
	}
	_, interleaved := w.Type.Base()
	tileBytes := m.tileBytes()
	if m.gemm == nil || m.spread || tileBytes == 0 {
		return NewMatrix(p, w, alloc)
	}
	m.packed, m.own, m.far = true, true, true
	if m.data, err = farAlloc(m.tiles() * tileBytes); err != nil {
		return nil, err
	}
	if interleaved {
		farPut(m.data, w.Data)
		return m, nil
	}
	tile := make([]byte, tileBytes)
	for i := range m.tiles() {
		m.packTile(tile, w.Data, i)
		farPut(m.tile(i), tile)
	}
	return m, nil
}
