package llama_test

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/querent-ai/chord/quant"
)

// A blockScale says how random bytes become a valid block of a type that quant
// does not write: with what scale d, and where it is an f16.
type blockScale struct {
	power  int // d is in [2^power, 2^(power+1)), for weights of a deviation of about 0.15
	offset int
}

// blockScales has the types that quant does not write.
var blockScales = map[quant.Type]blockScale{
	quant.Q1_0: {-3, 0}, quant.Q2_0: {-4, 0}, quant.TQ1_0: {-3, 52}, quant.TQ2_0: {-4, 64},
	quant.IQ1_S: {-6, 0}, quant.IQ1_M: {-6, 48}, quant.NVFP4: {-6, 0},
	quant.IQ2_XXS: {-9, 0}, quant.IQ2_XS: {-9, 0}, quant.IQ2_S: {-9, 0},
	quant.IQ3_XXS: {-11, 0}, quant.IQ3_S: {-11, 0},
}

// randomBlocks fills b with random blocks of typ, for every platform the same:
// scales are made of bits, since sums of floats may be fused.
func randomBlocks(b []byte, typ quant.Type, rng *rand.Rand) {
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	for ; len(b) > 0; b = b[typ.BlockBytes():] {
		blockScales[typ].set(b, typ, uint16(rng.Uint32()))
	}
}

// set gives a block its scale; its sign and mantissa are those of random.
func (s blockScale) set(block []byte, typ quant.Type, random uint16) {
	d := random&0x83ff | uint16(s.power+15)<<10
	at := block[s.offset:]
	switch typ {
	case quant.NVFP4: // a E4M3 of each group, bias 8 for values that are doubled
		for g := range 4 {
			at[g] = byte(s.power+8)<<3 | byte(random>>(3*g))&7
		}
	case quant.IQ1_M: // a nibble of d in the highest bits of each of four words
		for i := range 4 {
			at[2*i+1] = at[2*i+1]&15 | byte(d>>(4*i)&15)<<4
		}
	default:
		binary.LittleEndian.PutUint16(at, d)
	}
}
