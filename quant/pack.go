package quant

import (
	"encoding/binary"
	"unsafe"
)

// Quants are unpacked eight at a time as the bytes of a word, the first in the
// lowest byte.
const (
	ones  = 0x0101010101010101
	signs = 0x80 * ones
)

// bytes returns the memory of v.Q.
func (v *Ints) bytes() *[256]byte { return (*[256]byte)(unsafe.Pointer(&v.Q)) }

// setD sets D to d and the first n Scales to 1.
func (v *Ints) setD(d float32, n int) {
	v.D = d
	for g := range v.Scales[:n] {
		v.Scales[g] = 1
	}
}

// setScale32 sets the Scales of group g of 32 elements to s.
func (v *Ints) setScale32(g int, s int32) { v.Scales[2*g], v.Scales[2*g+1] = s, s }

// setMin sets DMin to -m and the first two Mins to 1.
func (v *Ints) setMin(m float32) { v.DMin, v.Mins[0], v.Mins[1] = -m, 1, 1 }

// load returns the first eight bytes of b.
func load(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// store sets the first eight bytes of q.
func store(q []byte, w uint64) { binary.LittleEndian.PutUint64(q, w) }

// minus subtracts n from every byte of w, an int8; none may fall below -128.
func minus(w, n uint64) uint64 {
	return (w | signs) - n*ones ^ ^w&signs // no byte borrows from the next
}

// spread returns a word whose byte i is bit i of b.
func spread(b byte) uint64 {
	w := uint64(b) * ones & 0x8040201008040201 // byte i: only bit i
	return (w + 0x7f*ones) >> 7 & ones
}

// subtract subtracts n from every byte of q, an int8.
func subtract(q []byte, n uint64) {
	for ; len(q) >= 8; q = q[8:] {
		store(q, minus(load(q), n))
	}
}

// unpack4 sets q to the nibbles of qs, all low ones first.
func unpack4(q, qs []byte) {
	high := q[len(qs):]
	for ; len(qs) >= 8; q, high, qs = q[8:], high[8:], qs[8:] {
		w := load(qs)
		store(q, w&(15*ones))
		store(high, w>>4&(15*ones))
	}
}

// lookup4 is unpack4 followed by a look-up of every nibble in values.
func lookup4(q, qs []byte, values *[16]int8) {
	q, high := q[:len(qs)], q[len(qs):][:len(qs)]
	for i, x := range qs {
		q[i], high[i] = byte(values[x&15]), byte(values[x>>4])
	}
}

// unpack2 sets element 32k+i of each half of q to bits 2k, 2k+1 of byte i of the
// same half of qs.
func unpack2(q *[256]byte, qs *[2][32]byte) {
	for i := 0; i < 256; i += 8 {
		store(q[i:], load(qs[i/128][i%32:])>>(i%128/32*2)&(3*ones))
	}
}

// addBitPlanes adds bit k of byte i of qh, shifted left, to element 32k+i of q.
func addBitPlanes(q *[256]byte, qh *[32]byte, shift int) {
	for i := 0; i < 256; i += 8 {
		store(q[i:], load(q[i:])+load(qh[i%32:])>>(i/32)&ones<<shift)
	}
}

// addHighBits adds bit i of qh to element i of q, as its fifth bit.
func addHighBits(q []byte, qh *[4]byte) {
	for k, b := range qh {
		store(q[8*k:], load(q[8*k:])+spread(b)<<4)
	}
}

// pack4 sets the nibbles of qs to the elements of q, the inverse of unpack4.
func pack4(qs, q []byte) {
	for j := range qs {
		qs[j] = q[j]&15 | q[j+len(qs)]<<4
	}
}

// pack2 sets qs to the low two bits of q, the inverse of unpack2.
func pack2(qs *[2][32]byte, q *[256]byte) {
	for h := range qs {
		q := (*[128]byte)(q[128*h:])
		for j := range qs[h] {
			qs[h][j] = q[j]&3 | q[j+32]&3<<2 | q[j+64]&3<<4 | q[j+96]&3<<6
		}
	}
}

// packHighBits sets bit i of qh to the fifth bit of element i of q.
func packHighBits(qh *[4]byte, q *[32]byte) {
	clear(qh[:])
	for j, q := range q {
		qh[j/8] |= q >> 4 << (j % 8)
	}
}
