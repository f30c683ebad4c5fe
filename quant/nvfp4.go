package quant

// BlockNVFP4 is 64 elements in 36 bytes, four groups of 16 with
// x = E4M3(D)·[ValuesMXFP4][q]/2.
//
//	0 D [4]u8, a group's scale: 0 | exponent 4 bit | mantissa 3 bit
//	4 Qs [4][8]u8, low nibbles elements 0…7 of a group, high 8…15
type BlockNVFP4 struct {
	D  [4]byte
	Qs [4][8]byte
}

// e4m3 returns the unsigned E4M3 number e in units of 2⁻⁹, an integer. As in
// ggml, the highest bit is ignored, but the NaN 0x7f is 0.
//
// OCP 8-bit Floating Point Specification (OFP8) 1.0, section 5.
func e4m3(e byte) int32 {
	exp, man := e>>3&15, int32(e&7)
	switch {
	case e == 0x7f:
		return 0
	case exp == 0:
		return man
	}
	return (8 + man) << (exp - 1)
}

func (b *BlockNVFP4) integers(v *Ints) {
	v.D = 0x1p-10 // half of e4m3's unit, since ValuesMXFP4 are doubled
	for g := range b.Qs {
		v.Scales[g] = e4m3(b.D[g])
		lookup4(v.bytes()[16*g:], b.Qs[g][:], &ValuesMXFP4)
	}
}
