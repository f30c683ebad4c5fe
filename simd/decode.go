package simd

import (
	"encoding/binary"
	"math"

	"github.com/querent-ai/chord/quant"
)

// ints is one block taken apart: weight i is d·sc[i/16]·q[i] - dmin·m[i/16],
// in integers but for d and dmin. Blocks of 32 leave sc and m alone, which
// count as 1. Where blocks have parts, weight i is part[i/n]·q[i] for parts of n.
type ints struct {
	q       [256]int8
	sc, m   [16]int32
	d, dmin float32
	part    [4]float32
}

// A decoder takes blocks of one type apart.
type decoder struct {
	decode func(v *ints, b []byte)
	min    bool // the type has a minimum
	part   int  // columns of a part, 0: blocks of the type have none
	small  bool // quants from -64 to 63, scales from -128 to 127, of 256 columns with no minimum
}

// decoders of the types that generic has no kernels for.
var decoders = map[quant.Type]decoder{
	quant.Q4_1: {decode: decodeQ4_1, min: true}, quant.Q5_0: {decode: decodeQ5_0}, quant.Q5_1: {decode: decodeQ5_1, min: true},
	quant.IQ4_NL: {decode: decodeIQ4NL}, quant.MXFP4: {decode: decodeMXFP4},
	quant.NVFP4: {decode: decodeNVFP4, part: 16}, quant.Q1_0: {decode: decodeQ1_0, part: 32}, quant.Q2_0: {decode: decodeQ2_0, part: 32},
	quant.Q2_K: {decode: decodeQ2K, min: true}, quant.Q3_K: {decode: decodeQ3K}, quant.Q4_K: {decode: decodeQ4K, min: true},
	quant.Q5_K: {decode: decodeQ5K, min: true}, quant.Q6_K: {decode: decodeQ6K}, quant.Q8_K: {decode: decodeQ8K},
	quant.IQ4_XS: {decode: decodeIQ4XS}, quant.TQ1_0: {decode: decodeTQ1, small: true}, quant.TQ2_0: {decode: decodeTQ2, small: true},
	quant.IQ1_S: decodeGrid(quant.IQ1_S), quant.IQ1_M: decodeGrid(quant.IQ1_M),
	quant.IQ2_XXS: decodeGrid(quant.IQ2_XXS), quant.IQ2_XS: decodeGrid(quant.IQ2_XS), quant.IQ2_S: decodeGrid(quant.IQ2_S),
	quant.IQ3_XXS: decodeGrid(quant.IQ3_XXS), quant.IQ3_S: decodeGrid(quant.IQ3_S),
}

// f16 reads a little-endian f16.
func f16(b []byte) float32 { return quant.F16ToF32(binary.LittleEndian.Uint16(b)) }

// nibbles splits bytes: low halves first, high halves after them.
func nibbles(q []int8, b []byte) {
	for i, v := range b {
		q[i], q[i+len(b)] = int8(v&15), int8(v>>4)
	}
}

// fifths adds the fifth bits of a block of 32, shifted down by bias.
func fifths(q []int8, bits uint32, bias int8) {
	for i := range q[:32] {
		q[i] += int8(bits>>i&1)<<4 - bias
	}
}

func decodeQ4_1(v *ints, b []byte) {
	v.d, v.dmin = f16(b), -f16(b[2:])
	nibbles(v.q[:32], b[4:20])
}

func decodeQ5_0(v *ints, b []byte) {
	v.d = f16(b)
	nibbles(v.q[:32], b[6:22])
	fifths(v.q[:32], binary.LittleEndian.Uint32(b[2:]), 16)
}

func decodeQ5_1(v *ints, b []byte) {
	v.d, v.dmin = f16(b), -f16(b[2:])
	nibbles(v.q[:32], b[8:24])
	fifths(v.q[:32], binary.LittleEndian.Uint32(b[4:]), 0)
}

func decodeIQ4NL(v *ints, b []byte) {
	v.d = f16(b)
	lookup(v.q[:32], b[2:18], &quant.ValuesIQ4NL)
}

func decodeMXFP4(v *ints, b []byte) {
	v.d = e8m0Half(b[0])
	lookup(v.q[:32], b[1:17], &quant.ValuesMXFP4)
}

// e8m0Half is 2^(e-128): the values of MXFP4 are kept doubled.
func e8m0Half(e byte) float32 {
	if e < 2 {
		return math.Float32frombits(0x00200000 << e)
	}
	return math.Float32frombits(uint32(e-1) << 23)
}

// lookup is nibbles through a table.
func lookup(q []int8, b []byte, values *[16]int8) {
	for i, v := range b {
		q[i], q[i+len(b)] = values[v&15], values[v>>4]
	}
}
