package synth

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	"github.com/querent-ai/chord/quant"
)

// A coding says how random bytes become a valid block of one type. The bytes
// outside the scales stay random; tidy replaces codes that the type's quantiser
// never writes.
type coding struct {
	scales   []scale
	exponent bool // instead of f16 scales, byte 0 is d's power of two (e8m0)
	e4m3     bool // instead of f16 scales, the first four bytes are d as e4m3
	tidy     func(block []byte)
}

// A scale is an f16 field of a block: its offset, and its value as a multiple of
// the block's d. The multiples centre the block's values on zero:
// Q4_1 is d*q + m with q in 0..15, so m is -7.5 d.
type scale struct {
	offset   int
	multiple float32
}

// codings has the quantised types; the f16 fields are where ggml has them.
//
//	Q4_0    0 d | 2 qs [16]            Q2_K  0 scales [16] | 16 qs [64] | 80 d | 82 dmin
//	Q4_1    0 d | 2 m | 4 qs [16]      Q3_K  0 hmask [32] | 32 qs [64] | 96 scales [12] | 108 d
//	Q5_0    0 d | 2 qh [4] | 6 qs      Q4_K  0 d | 2 dmin | 4 scales [12] | 16 qs [128]
//	Q5_1    0 d | 2 m | 4 qh | 8 qs    Q5_K  0 d | 2 dmin | 4 scales [12] | 16 qh [32] | 48 qs [128]
//	Q8_0    0 d | 2 qs [32]            Q6_K  0 ql [128] | 128 qh [64] | 192 scales [16] | 208 d
//	IQ4_NL  0 d | 2 qs [16]            IQ4_XS 0 d | 2 scales_h | 4 scales_l [4] | 8 qs [128]
//	MXFP4   0 e | 1 qs [16]            TQ1_0 0 qs [48] | 48 qh [4] | 52 d; TQ2_0 0 qs [64] | 64 d
//	NVFP4   0 d [4]e4m3 | 4 qs [32]
//	Q1_0    0 d | 2 qs [16]            Q2_0  0 d | 2 qs [16]
var codings = map[quant.Type]coding{
	quant.Q4_0:   {scales: []scale{{0, 1}}},
	quant.Q4_1:   {scales: []scale{{0, 1}, {2, -7.5}}},
	quant.Q5_0:   {scales: []scale{{0, 1}}},
	quant.Q5_1:   {scales: []scale{{0, 1}, {2, -15.5}}},
	quant.Q8_0:   {scales: []scale{{0, 1}}, tidy: tidyQ8_0},
	quant.Q2_K:   {scales: []scale{{80, 1}, {82, 1.5}}},
	quant.Q3_K:   {scales: []scale{{108, 1}}},
	quant.Q4_K:   {scales: []scale{{0, 1}, {2, 7.5}}},
	quant.Q5_K:   {scales: []scale{{0, 1}, {2, 15.5}}},
	quant.Q6_K:   {scales: []scale{{208, 1}}},
	quant.IQ4_NL: {scales: []scale{{0, 1}}},
	quant.IQ4_XS: {scales: []scale{{0, 1}}},
	quant.MXFP4:  {exponent: true},
	quant.NVFP4:  {e4m3: true},
	quant.TQ1_0:  {scales: []scale{{52, 1}}},
	quant.TQ2_0:  {scales: []scale{{64, 1}}, tidy: func(block []byte) { ternary(block[:64]) }},
	quant.Q1_0:   {scales: []scale{{0, 1}}},
	quant.Q2_0:   {scales: []scale{{0, 1}}, tidy: func(block []byte) { ternary(block[2:]) }},
}

// tidyQ8_0 replaces -128, which Q8_0's quantiser never writes.
func tidyQ8_0(block []byte) {
	qs := block[2:34]
	for i, q := range qs {
		if q == 0x80 {
			qs[i] = 0x81
		}
	}
}

// ternary replaces the code 3 by 2: the codes are -1, 0, 1 stored plus one.
func ternary(qs []byte) {
	for i := 0; i < len(qs); i += 8 {
		v := binary.LittleEndian.Uint64(qs[i:])
		v &^= v & (v >> 1) & 0x5555555555555555
		binary.LittleEndian.PutUint64(qs[i:], v)
	}
}

// randomBytes fills dst with bits of rng.
func randomBytes(dst []byte, rng *rand.PCG) {
	for len(dst) >= 8 {
		binary.LittleEndian.PutUint64(dst, rng.Uint64())
		dst = dst[8:]
	}
	var last [8]byte
	binary.LittleEndian.PutUint64(last[:], rng.Uint64())
	copy(dst, last[:])
}

// finish turns random bytes into a valid block with scale d.
func (c coding) finish(block []byte, d float32) {
	if c.tidy != nil {
		c.tidy(block)
	}
	for _, s := range c.scales {
		binary.LittleEndian.PutUint16(block[s.offset:], quant.F32ToF16(s.multiple*d))
	}
	if c.e4m3 {
		fraction, exp := math.Frexp(math.Abs(float64(d))) // fraction·2^exp, of which e4m3 has (8+m)/8·2^(e-7)
		code := max(1, min(126, 8*(exp+6)+int(math.Round(16*fraction-8))))
		for i := range 4 {
			block[i] = byte(code)
		}
	}
	if c.exponent {
		block[0] = byte(127 + math.Round(math.Log2(math.Abs(float64(d)))))
	}
}

// spread returns the standard deviation of t's values at d = 1, measured over
// random blocks.
func (c coding) spread(t quant.Type) float64 {
	const blocks = 512
	if len(c.scales) == 0 && !c.exponent && !c.e4m3 {
		return 1 // floats have no scale
	}
	size := t.BlockBytes()
	data := make([]byte, blocks*size)
	values := make([]float32, blocks*t.BlockElems())
	randomBytes(data, rand.NewPCG(1, 2))
	for i := range blocks {
		c.finish(data[i*size:][:size], 1)
	}
	quant.Dequantize(values, t, data)
	sum := 0.0
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(values)))
}
