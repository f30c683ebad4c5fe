package simd

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// Blocks of 256 columns with integers small enough, of types that the tier has
// no kernels for, are spread by the products that use them: a tile at a time, as
// interleaved blocks that hold of every row
//
//	0 d f32 | 4 scales [16]i8 | 20 quants [256]u8, 64 too large
//
// which is four to sixteen times their size and so stays in the cache.
const spreadBytes = 4 + 16 + 256

// tileBytes is the size of a tile as kernels take it.
func (m *Matrix) tileBytes() int {
	if m.spread {
		return tileRows * spreadBytes * (m.cols / 256)
	}
	return tileRows * m.rowBytes()
}

// spreadTile spreads tile t of m into dst; v is room for a block. Rows that are
// missing become zeros.
func (m *Matrix) spreadTile(dst []byte, t int, v *ints) {
	decode, size, n := decoders[m.typ].decode, m.typ.BlockBytes(), m.rowBytes()
	rows := min(tileRows, m.rows-t*tileRows)
	if rows < tileRows {
		clear(dst)
	}
	for r := range rows {
		row := m.data[(t*tileRows+r)*n:][:n]
		for b := range m.cols / 256 {
			decode(v, row[b*size:(b+1)*size])
			spreadBlock(dst[b*tileRows*spreadBytes+4*r:], v)
		}
	}
}

// spreadBlock writes one row's block, the dwords of a row being tileRows apart.
func spreadBlock(dst []byte, v *ints) {
	const step = 4 * tileRows
	binary.LittleEndian.PutUint32(dst, math.Float32bits(v.d))
	for i := range 4 {
		s := v.sc[4*i : 4*i+4]
		binary.LittleEndian.PutUint32(dst[step*(1+i):],
			uint32(uint8(s[0]))|uint32(uint8(s[1]))<<8|uint32(uint8(s[2]))<<16|uint32(uint8(s[3]))<<24)
	}
	q := unsafe.Slice((*byte)(ptr(&v.q[0])), len(v.q))
	dst = dst[5*step:]
	for i := range len(q) / 8 {
		eight := binary.LittleEndian.Uint64(q[8*i:])
		eight = (eight&0x7f7f7f7f7f7f7f7f + 0x4040404040404040) & 0x7f7f7f7f7f7f7f7f // each plus 64
		to := (*[step + 4]byte)(dst[2*step*i:])
		binary.LittleEndian.PutUint32(to[:], uint32(eight))
		binary.LittleEndian.PutUint32(to[step:], uint32(eight>>32))
	}
}
