package quant

import (
	_ "embed"
	"encoding/binary"
	"math/bits"
	"sync"
)

// gridCodes has the grids of the IQ types, in the order of [gridTables]: one
// little-endian u16 for each point, ascending. A point of eight elements has 2
// bits for each, a point of four 3 bits, the first element lowest.
//
//go:embed grid.bin
var gridCodes string

// Values of the codes of a grid. IQ1's are -1, 0 and 1, plus 1/8, all times eight;
// its blocks keep the +1/8 or replace it by -1/8.
var (
	valuesIQ1    = [8]int8{-7, 1, 9}
	valuesIQ2    = [8]int8{8, 25, 43}
	valuesIQ3XXS = [8]int8{4, 12, 20, 28, 36, 44, 52, 62}
	valuesIQ3S   = [8]int8{1, 3, 5, 7, 9, 11, 13, 15}
)

// gridTables are the grids. An entry is a point of eight elements, or four of
// IQ3's, one byte for each, the first lowest. The index of a point in a block has
// exactly the bits to count its table, so that every index is valid.
type gridTables struct {
	iq2xxs [256]uint64
	iq2xs  [512]uint64
	iq2s   [1024]uint64
	iq1    [2048]uint64
	iq3xxs [256]uint64
	iq3s   [512]uint64

	signTables
}

// grids returns the grids, made on the first call.
var grids = sync.OnceValue(func() *gridTables {
	t := new(gridTables)
	codes := gridCodes
	for _, g := range []struct {
		points []uint64
		elems  int // of a point
		bits   int // of an element
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
	t.setSigns()
	return t
})

// negate changes the sign of byte i of v, not 0, where bit i of minus is set.
func negate(v uint64, minus byte) uint64 {
	n := spread(minus)
	return v ^ n*0xff + n
}

// evenSigns returns eight signs: the low seven bits, and an eighth that makes the
// number of minuses even.
func evenSigns(seven uint32) byte {
	s := byte(seven & 127)
	return s | byte(bits.OnesCount8(s)&1)<<7
}

// u32 returns the first four bytes of b as a little-endian word.
func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
