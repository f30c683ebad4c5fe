package simd

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/querent-ai/chord/quant"
)

// Matrices of a type of spreads, which no tier has kernels for, are spread by the
// products that use them, one tile at a time: so it stays in the cache although it
// is four to sixteen times as large. The rows of a block are interleaved; each has
// spreadBytes:
//
//	0 d f32 | 4 scales [16]i8 | 20 quants plus 64 [256]u8

// tileBytes is the size of a tile as kernels take it.
func (m *Matrix) tileBytes() int {
	if m.spread {
		return tileRows * spreadBytes * (m.cols / 256)
	}
	return tileRows * m.rowBytes()
}

// spreadTile spreads tile t of m into dst; v is scratch memory. Missing rows
// become zeros.
func (m *Matrix) spreadTile(dst []byte, t int, v *quant.Ints) {
	size, n := m.typ.BlockBytes(), m.rowBytes()
	rows := min(tileRows, m.rows-t*tileRows)
	if rows < tileRows {
		clear(dst)
	}
	for r := range rows {
		row := m.data[(t*tileRows+r)*n:][:n]
		for b := range m.cols / 256 {
			to := dst[b*tileRows*spreadBytes+4*r:]
			if !quant.Spread(to[quantsAt:], v, m.typ, row[b*size:]) {
				quant.Integers(v, m.typ, row[b*size:])
				spreadQuants(to[quantsAt:], v)
			}
			spreadScales(to, v)
		}
	}
}

// quantsAt is where the quants of a tile's block start.
const quantsAt = 5 * 4 * tileRows

// spreadBlock writes one row's block, the dwords of a row being tileRows apart.
func spreadBlock(dst []byte, v *quant.Ints) {
	spreadScales(dst, v)
	spreadQuants(dst[quantsAt:], v)
}

// spreadScales writes the scales of a row's block.
func spreadScales(dst []byte, v *quant.Ints) {
	const step = 4 * tileRows
	binary.LittleEndian.PutUint32(dst, math.Float32bits(v.D))
	for i := range 4 {
		s := v.Scales[4*i : 4*i+4]
		binary.LittleEndian.PutUint32(dst[step*(1+i):],
			uint32(uint8(s[0]))|uint32(uint8(s[1]))<<8|uint32(uint8(s[2]))<<16|uint32(uint8(s[3]))<<24)
	}
}

// spreadQuants writes the quants of a row's block.
func spreadQuants(dst []byte, v *quant.Ints) {
	const step = 4 * tileRows
	q := unsafe.Slice((*byte)(ptr(&v.Q[0])), len(v.Q))
	for i := range len(q) / 8 {
		eight := binary.LittleEndian.Uint64(q[8*i:])
		eight = (eight&0x7f7f7f7f7f7f7f7f + 0x4040404040404040) & 0x7f7f7f7f7f7f7f7f // each plus 64
		to := (*[step + 4]byte)(dst[2*step*i:])
		binary.LittleEndian.PutUint32(to[:], uint32(eight))
		binary.LittleEndian.PutUint32(to[step:], uint32(eight>>32))
	}
}
