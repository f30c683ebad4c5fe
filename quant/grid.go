package quant

import (
	_ "embed"
	"encoding/binary"
	"math/bits"
	"sync"
)

// gridCodes are the points of the grids that the IQ types name elements by: one
// little-endian u16 a point, ascending, the grids one after the other in the
// order of [gridTables]. A point of eight elements has 2 bits each, one of four
// 3 bits, the first element lowest.
//
//go:embed grid.bin
var gridCodes string

// Values of the codes of a grid. IQ1's three are kept times eight, with the
// shift of +1/8 added that its blocks then keep or turn into -1/8.
var (
	valuesIQ1    = [8]int8{-7, 1, 9}
	valuesIQ2    = [8]int8{8, 25, 43}
	valuesIQ3XXS = [8]int8{4, 12, 20, 28, 36, 44, 52, 62}
	valuesIQ3S   = [8]int8{1, 3, 5, 7, 9, 11, 13, 15}
)

// gridTables are the grids, a byte an element, the first lowest: eight elements
// a point, IQ3's four. A point's number has as many bits as a table can count, so
// that no block can name one that is not there.
type gridTables struct {
	iq2xxs [256]uint64
	iq2xs  [512]uint64
	iq2s   [1024]uint64
	iq1    [2048]uint64
	iq3xxs [256]uint64
	iq3s   [512]uint64
}

// grids returns the grids, made when they are first asked for.
var grids = sync.OnceValue(func() *gridTables {
	t := new(gridTables)
	codes := gridCodes
	for _, g := range []struct {
		points []uint64
		elems  int // a point
		bits   int // an element
		values *[8]int8
	}{
		{t.iq2xxs[:], 8, 2, &valuesIQ2}, {t.iq2xs[:], 8, 2, &valuesIQ2}, {t.iq2s[:], 8, 2, &valuesIQ2},
		{t.iq1[:], 8, 2, &valuesIQ1}, {t.iq3xxs[:], 4, 3, &valuesIQ3XXS}, {t.iq3s[:], 4, 3, &valuesIQ3S},
	} {
		for i := range g.points {
			code := int(codes[2*i]) | int(codes[2*i+1])<<8
			for k := range g.elems {
				g.points[i] |= uint64(uint8(g.values[code>>(g.bits*k)&(1<<g.bits-1)])) << (8 * k)
			}
		}
		codes = codes[2*len(g.points):]
	}
	return t
})

// negate changes the sign of the bytes of v, none 0, that have their bit in minus.
func negate(v uint64, minus byte) uint64 {
	n := spread(minus)
	return v ^ n*0xff + n
}

// evenSigns returns eight signs of which the low seven are kept: the last makes
// their number even.
func evenSigns(seven uint32) byte {
	s := byte(seven & 127)
	return s | byte(bits.OnesCount8(s)&1)<<7
}

// u32 reads a little-endian word of four bytes.
func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
