package quant

import "math"

// Half is an IEEE binary16 number in a block: two bytes, the least significant
// first, without alignment.
type Half [2]byte

// Bits returns the 16 bits of h.
func (h Half) Bits() uint16 { return uint16(h[0]) | uint16(h[1])<<8 }

// F32 returns the value of h.
func (h Half) F32() float32 { return F16ToF32(h.Bits()) }

// halfOf returns f rounded to binary16.
func halfOf(f float32) Half {
	b := F32ToF16(f)
	return Half{byte(b), byte(b >> 8)}
}

// F16ToF32 returns the value of the IEEE binary16 number with bits h. It is
// exact. A NaN keeps its sign and payload and becomes quiet, as with F16C and
// NEON; on CPUs whose arithmetic has a single NaN, it becomes that one.
func F16ToF32(h uint16) float32 {
	// Small enough to be inlined. No operand is a binary32 subnormal number, with
	// which some CPUs are a hundred times slower.
	b := uint32(h&0x7fff) << 13
	bias, sub := uint32(112<<23), float32(0) // exponents of binary32 are 112 higher
	if b < 1<<23 {
		bias, sub = 113<<23, 0x1p-14 // (1 + m·2⁻¹⁰)·2⁻¹⁴ − 2⁻¹⁴
	} else if b >= 31<<23 {
		bias = 224 << 23 // infinity stays infinite; a NaN is quieted by the subtraction
	}
	x := math.Float32frombits(b+bias) - sub
	return math.Float32frombits(math.Float32bits(x) | uint32(h&0x8000)<<16)
}

// F32ToF16 returns the bits of the IEEE binary16 number nearest to f, ties to
// even. Magnitudes from 65520 become infinite. A NaN keeps its sign and the
// top ten bits of its payload and becomes quiet, as with F16C and NEON (ggml's
// portable code drops the payload).
func F32ToF16(f float32) uint16 {
	b := math.Float32bits(f)
	s := uint16(b >> 16 & 0x8000)
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000:
		return s | 0x7e00 | uint16(b>>13&0x03ff)
	case b >= 0x47800000: // 2¹⁶
		return s | 0x7c00
	case b >= 0x38800000: // 2⁻¹⁴: normal; a carry may reach infinity
		return s | uint16((b-112<<23+0x0fff+b>>13&1)>>13)
	}
	// Adding 0.5 rounds to its last bit, which is binary16's smallest number.
	x := math.Float32frombits(b) + 0.5
	return s | uint16(math.Float32bits(x)-126<<23)
}

// halfNear returns the finite binary16 number nearest to f.
func halfNear(f float64) Half {
	const largest = 65504
	return halfOf(float32(min(max(f, -largest), largest)))
}
