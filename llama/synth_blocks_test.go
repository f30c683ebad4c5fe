package llama_test

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/querent-ai/chord/quant"
)

// A blockScale turns random bytes into a valid block of a type that quant cannot
// write: it sets the block's scale d.
type blockScale struct {
	power  int // d is in [2^power, 2^(power+1)); the weights then have a standard deviation of about 0.15
	offset int // of d in the block
}

// blockScales has the types that quant cannot write.
var blockScales = map[quant.Type]blockScale{
	quant.Q1_0: {-3, 0}, quant.Q2_0: {-4, 0}, quant.TQ1_0: {-3, 52}, quant.TQ2_0: {-4, 64},
	quant.IQ1_S: {-6, 0}, quant.IQ1_M: {-6, 48}, quant.NVFP4: {-6, 0},
	quant.IQ2_XXS: {-9, 0}, quant.IQ2_XS: {-9, 0}, quant.IQ2_S: {-9, 0},
	quant.IQ3_XXS: {-11, 0}, quant.IQ3_S: {-11, 0},
}

// randomBlocks fills b with random blocks of typ, the same on every platform:
// scales are made from bits, since a compiler may fuse floating-point operations.
func randomBlocks(b []byte, typ quant.Type, rng *rand.Rand) {
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	for ; len(b) > 0; b = b[typ.BlockBytes():] {
		blockScales[typ].set(b, typ, uint16(rng.Uint32()))
	}
}

// set sets the scale of a block, with the sign and mantissa of random.
func (s blockScale) set(block []byte, typ quant.Type, random uint16) {
	d := random&0x83ff | uint16(s.power+15)<<10
	at := block[s.offset:]
	switch typ {
	case quant.NVFP4: // an E4M3 for each group, with bias 8, since values are doubled
		for g := range 4 {
			at[g] = byte(s.power+8)<<3 | byte(random>>(3*g))&7
		}
	case quant.IQ1_M: // four bits of d in the highest bits of each of four words
		for i := range 4 {
			at[2*i+1] = at[2*i+1]&15 | byte(d>>(4*i)&15)<<4
		}
	default:
		binary.LittleEndian.PutUint16(at, d)
	}
}
