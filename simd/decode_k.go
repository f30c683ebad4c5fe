package simd

import (
	"encoding/binary"
	"math"

	"github.com/querent-ai/chord/quant"
)

// decodeQ2K: 0 scales [16]u8 (4 bit scale, 4 bit min) | 16 qs [64]u8 | 80 d f16 | 82 dmin f16.
func decodeQ2K(v *ints, b []byte) {
	v.d, v.dmin = f16(b[80:]), f16(b[82:])
	for g, s := range b[:16] {
		v.sc[g], v.m[g] = int32(s&15), int32(s>>4)
	}
	twos(&v.q, b[16:80])
}

// twos spreads 64 bytes of four 2-bit quants: each 32 bytes hold 128 quants,
// by shift first.
func twos(q *[256]int8, b []byte) {
	for i := range q {
		q[i] = int8(b[i/128*32+i%32] >> (i % 128 / 32 * 2) & 3)
	}
}

// decodeQ3K: 0 hmask [32]u8 | 32 qs [64]u8 | 96 scales [12]u8, 16×6 bit | 108 d f16.
func decodeQ3K(v *ints, b []byte) {
	v.d = f16(b[108:])
	twos(&v.q, b[32:96])
	for i := range v.q {
		if b[i%32]>>(i/32)&1 == 0 {
			v.q[i] -= 4
		}
	}
	s := b[96:108]
	for g := range 16 {
		lo := s[g%8] >> (g / 8 * 4) & 15
		hi := s[8+g%4] >> (g / 4 * 2) & 3
		v.sc[g] = int32(lo|hi<<4) - 32
	}
}

// scaleMinK returns the 6-bit scale and minimum of 32 columns j of Q4_K and Q5_K.
func scaleMinK(j int, s []byte) (sc, m int32) {
	if j < 4 {
		return int32(s[j] & 63), int32(s[j+4] & 63)
	}
	return int32(s[j+4]&15 | s[j-4]>>6<<4), int32(s[j+4]>>4 | s[j]>>6<<4)
}

// scalesK fills the groups of 16 from the eight scales and minima.
func scalesK(v *ints, s []byte) {
	for j := range 8 {
		sc, m := scaleMinK(j, s)
		v.sc[2*j], v.sc[2*j+1] = sc, sc
		v.m[2*j], v.m[2*j+1] = m, m
	}
}

// decodeQ4K: 0 d f16 | 2 dmin f16 | 4 scales [12]u8, 8×(6+6) bit | 16 qs [128]u8.
func decodeQ4K(v *ints, b []byte) {
	v.d, v.dmin = f16(b), f16(b[2:])
	scalesK(v, b[4:16])
	for j := range 4 {
		nibbles(v.q[64*j:64*j+64], b[16+32*j:48+32*j])
	}
}

// decodeQ5K: 0 d f16 | 2 dmin f16 | 4 scales [12]u8 | 16 qh [32]u8 | 48 qs [128]u8.
func decodeQ5K(v *ints, b []byte) {
	v.d, v.dmin = f16(b), f16(b[2:])
	scalesK(v, b[4:16])
	for j := range 4 {
		nibbles(v.q[64*j:64*j+64], b[48+32*j:80+32*j])
	}
	for i := range v.q {
		v.q[i] += int8(b[16+i%32]>>(i/32)&1) << 4
	}
}

// decodeQ6K: 0 ql [128]u8 | 128 qh [64]u8 | 192 scales [16]i8 | 208 d f16.
func decodeQ6K(v *ints, b []byte) {
	v.d = f16(b[208:])
	for g := range 16 {
		v.sc[g] = int32(int8(b[192+g]))
	}
	for i := range v.q {
		half, k, l := i/128, i%128/32, i%32
		lo := b[64*half+k%2*32+l] >> (k / 2 * 4) & 15
		hi := b[128+32*half+l] >> (2 * k) & 3
		v.q[i] = int8(lo|hi<<4) - 32
	}
}

// decodeQ8K: 0 d f32 | 4 qs [256]i8 | 260 bsums [16]i16.
func decodeQ8K(v *ints, b []byte) {
	v.d = math.Float32frombits(binary.LittleEndian.Uint32(b))
	for i := range v.q {
		v.q[i] = int8(b[4+i])
	}
	ones(v)
}

// ones sets all scales to 1.
func ones(v *ints) {
	for g := range v.sc {
		v.sc[g] = 1
	}
}

// decodeIQ4XS: 0 d f16 | 2 scales_h u16 | 4 scales_l [4]u8 | 8 qs [128]u8.
func decodeIQ4XS(v *ints, b []byte) {
	v.d = f16(b)
	h := binary.LittleEndian.Uint16(b[2:])
	for j := range 8 {
		lo := b[4+j/2] >> (j % 2 * 4) & 15
		sc := int32(lo) | int32(h>>(2*j)&3)<<4 - 32
		v.sc[2*j], v.sc[2*j+1] = sc, sc
		lookup(v.q[32*j:32*j+32], b[8+16*j:24+16*j], &quant.ValuesIQ4NL)
	}
}

// decodeTQ2: 0 qs [64]u8 | 64 d f16; quants are 0, 1, 2 for -1, 0, 1.
func decodeTQ2(v *ints, b []byte) {
	v.d = f16(b[64:])
	twos(&v.q, b[:64])
	for i := range v.q {
		v.q[i]--
	}
	ones(v)
}

// decodeTQ1: 0 qs [48]u8 | 48 qh [4]u8 | 52 d f16; five (qh: four) base-3
// digits a byte, as a fraction of 256 whose next digit is its product with 3.
func decodeTQ1(v *ints, b []byte) {
	v.d = f16(b[52:])
	n := 0
	for _, part := range [3]struct{ lo, hi, digits int }{{0, 32, 5}, {32, 48, 5}, {48, 52, 4}} {
		pow := 1
		for range part.digits {
			for _, q := range b[part.lo:part.hi] {
				v.q[n] = int8(uint16(q*byte(pow))*3>>8) - 1
				n++
			}
			pow *= 3
		}
	}
	ones(v)
}
