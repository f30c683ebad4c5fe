package quant

import (
	"encoding/binary"
	"unsafe"
)

// spreadBytes is the size of the memory that Spread writes to: 64 dwords, 64 bytes
// apart.
const spreadBytes = 63*64 + 4

// Spread sets v to the first block of block as [Integers] does, but for Q: its quants,
// each plus 64, go to dst, the next four always 64 bytes behind the last four, as a
// tile of sixteen rows has them. It reports whether it can, which is so for the IQ1,
// IQ2 and IQ3 types. It panics if dst has less than 4036 bytes or block is shorter than
// a block.
//
// A tile is taken apart by every product with one token, so that this counts more
// than the product itself.
func Spread(dst []byte, v *Ints, t Type, block []byte) bool {
	to := (*[spreadBytes]byte)(dst)
	v.DMin = 0
	switch t {
	case IQ1_S:
		Blocks[BlockIQ1_S](block)[0].spread(to, v)
	case IQ1_M:
		Blocks[BlockIQ1_M](block)[0].spread(to, v)
	case IQ2_XXS:
		Blocks[BlockIQ2_XXS](block)[0].spread(to, v)
	case IQ2_XS:
		Blocks[BlockIQ2_XS](block)[0].spread(to, v)
	case IQ2_S:
		Blocks[BlockIQ2_S](block)[0].spread(to, v)
	case IQ3_XXS:
		Blocks[BlockIQ3_XXS](block)[0].spread(to, v)
	case IQ3_S:
		Blocks[BlockIQ3_S](block)[0].spread(to, v)
	default:
		return false
	}
	return true
}

// put writes eight quants plus 64, the k-th of 32: point's, negative where minus has
// the byte 0xff. Point and result have no byte above 127, so that none carries into
// the next in the end, whatever it does on the way.
func put(dst *[spreadBytes]byte, k int, point, minus uint64) {
	store2(dst, k, point+64*ones-2*(point&minus))
}

// store2 writes eight bytes, the k-th of 32, as two dwords.
func store2(dst *[spreadBytes]byte, k int, w uint64) {
	at := unsafe.Add(unsafe.Pointer(dst), k%32*128) // without a check of its bounds
	binary.LittleEndian.PutUint32((*[4]byte)(at)[:], uint32(w))
	binary.LittleEndian.PutUint32((*[4]byte)(unsafe.Add(at, 64))[:], uint32(w>>32))
}

// signTables are words of eight bytes, 0xff for each minus.
type signTables struct {
	eight [256]uint64 // by eight signs
	even  [128]uint64 // by the first seven: the number of minuses is even
}

// setSigns sets the tables.
func (t *signTables) setSigns() {
	for i := range t.eight {
		t.eight[i] = spread(byte(i)) * 0xff
	}
	for i := range t.even {
		t.even[i] = t.eight[evenSigns(uint32(i))]
	}
}

func (b *BlockIQ2_XXS) spread(dst *[spreadBytes]byte, v *Ints) {
	b.scales(v)
	t := grids()
	for g := range b.Qs {
		qs := &b.Qs[g]
		signs := u32(qs[4:])
		for k, n := range qs[:4] {
			put(dst, 4*g+k, t.iq2xxs[n], t.even[signs>>(7*k)&127])
		}
	}
}

func (b *BlockIQ2_XS) spread(dst *[spreadBytes]byte, v *Ints) {
	b.scales(v)
	t := grids()
	for k := range b.Qs {
		n := binary.LittleEndian.Uint16(b.Qs[k][:])
		put(dst, k, t.iq2xs[n&511], t.even[n>>9])
	}
}

func (b *BlockIQ2_S) spread(dst *[spreadBytes]byte, v *Ints) {
	b.scales(v)
	t := grids()
	for k := range 8 {
		high, low, signs := uint32(b.Qh[k]), u32(b.Qs[4*k:]), u32(b.Signs[4*k:])
		for i := range 4 {
			n := low>>(8*i)&255 | high>>(2*i)&3<<8
			put(dst, 4*k+i, t.iq2s[n], t.eight[signs>>(8*i)&255])
		}
	}
}

func (b *BlockIQ3_XXS) spread(dst *[spreadBytes]byte, v *Ints) {
	b.scales(v)
	t := grids()
	for g := range b.Qs {
		qs, signs := &b.Qs[g], u32(b.Signs[g][:])
		for k := range 4 {
			points := t.iq3xxs[qs[2*k]] | t.iq3xxs[qs[2*k+1]]<<32
			put(dst, 4*g+k, points, t.even[signs>>(7*k)&127])
		}
	}
}

func (b *BlockIQ3_S) spread(dst *[spreadBytes]byte, v *Ints) {
	b.scales(v)
	t := grids()
	for g, high := range &b.Qh {
		qs, signs, high := load(b.Qs[8*g:]), u32(b.Signs[4*g:]), uint64(high)
		for k := range 4 {
			n, m := qs&255|high<<8&256, qs>>8&255|high<<7&256
			put(dst, 4*g+k, t.iq3s[n]|t.iq3s[m]<<32, t.eight[signs>>(8*k)&255])
			qs, high = qs>>16, high>>2
		}
	}
}

// putIQ1 writes eight quants of IQ1 plus 64, less 2 where quarter is 1.
func putIQ1(dst *[spreadBytes]byte, k int, point, quarter uint64) {
	point = (point&(0x7f*ones) + 64*ones) & (0x7f * ones)
	store2(dst, k, point-quarter*(2*ones))
}

func (b *BlockIQ1_S) spread(dst *[spreadBytes]byte, v *Ints) {
	b.scales(v)
	t := grids()
	for g := range b.Qh {
		high := uint32(binary.LittleEndian.Uint16(b.Qh[g][:]))
		for k, n := range b.Qs[4*g : 4*g+4] {
			putIQ1(dst, 4*g+k, t.iq1[uint32(n)|high>>(3*k)&7<<8], uint64(high>>15))
		}
	}
}

func (b *BlockIQ1_M) spread(dst *[spreadBytes]byte, v *Ints) {
	b.scales(v)
	t := grids()
	for k, n := range &b.Qs {
		high := uint32(b.Qh[k/2]) >> (k % 2 * 4)
		putIQ1(dst, k, t.iq1[uint32(n)|high&7<<8], uint64(high>>3&1))
	}
}
