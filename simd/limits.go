package simd

import "encoding/binary"

// readChunk is the number of bytes that the kernels of Read take at once.
const readChunk = 256

// Read reads all of p once, from its beginning to its end, and does nothing
// with it: as fast as this tier can read memory, which is what bounds a product
// with one token.
func Read(p []byte) {
	if active.read != nil && len(p) >= readChunk {
		n := len(p) / readChunk * readChunk
		active.read(&p[0], n)
		p = p[n:]
	}
	readSink(readGeneric(p))
}

// readGeneric reads p in Go: it returns the sum of its little-endian 64-bit
// words, the last padded with zeros.
func readGeneric(p []byte) uint64 {
	var a, b, c, d uint64
	for len(p) >= 32 {
		a += binary.LittleEndian.Uint64(p)
		b += binary.LittleEndian.Uint64(p[8:])
		c += binary.LittleEndian.Uint64(p[16:])
		d += binary.LittleEndian.Uint64(p[24:])
		p = p[32:]
	}
	for i, x := range p {
		a += uint64(x) << (8 * (i % 8))
	}
	return a + b + c + d
}

// readSink keeps the compiler from leaving out a sum that is not used.
//
//go:noinline
func readSink(uint64) {}

// Peak runs rounds of this tier's int8 products over registers, as many as fit
// in one another's latency and nothing besides, and returns the number of
// multiplications and additions done: what bounds a product with many tokens.
func Peak(rounds int) (ops int) {
	if rounds <= 0 {
		return 0
	}
	if active.peak != nil {
		active.peak(rounds)
		return rounds * active.peakOps
	}
	peakSink(peakGeneric(rounds))
	return rounds * peakGenericOps
}

// peakGenericOps is the multiplications and additions of a round of
// peakGeneric.
const peakGenericOps = 2 * 8

// peakGeneric is Peak in Go: eight sums of products of int8, no two of a round
// waiting for each other.
func peakGeneric(rounds int) int32 {
	var a, b, c, d, e, f, g, h int32
	x, y := int8(rounds), int8(rounds>>8)
	for range rounds {
		a += int32(x) * int32(y)
		b += int32(x) * int32(y+1)
		c += int32(x) * int32(y+2)
		d += int32(x) * int32(y+3)
		e += int32(x) * int32(y+4)
		f += int32(x) * int32(y+5)
		g += int32(x) * int32(y+6)
		h += int32(x) * int32(y+7)
		x++
	}
	return a + b + c + d + e + f + g + h
}

// peakSink keeps the compiler from leaving out sums that are not used.
//
//go:noinline
func peakSink(int32) {}
