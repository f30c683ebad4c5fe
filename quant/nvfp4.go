package quant

import "math"

// BlockNVFP4 is 64 elements in 36 bytes, four groups of 16 with
// x = E4M3(D)·[ValuesMXFP4][q]/2.
//
//	0 D [4]u8, a group's scale: 0 | exponent 4 bit | mantissa 3 bit
//	4 Qs [4][8]u8, low nibbles elements 0…7 of a group, high 8…15
type BlockNVFP4 struct {
	D  [4]byte
	Qs [4][8]byte
}

// Scale returns the scale of the block's group g; the values are doubled, as
// those of MXFP4, and so it is half of what D says.
func (b *BlockNVFP4) Scale(g int) float32 { return e4m3Half(b.D[g]) }

// e4m3Half returns half of the unsigned E4M3 scale e. As ggml does, the highest
// bit is ignored, but NaN without it is 0.
//
// OCP 8-bit Floating Point Specification (OFP8) 1.0, section 5.
func e4m3Half(e byte) float32 {
	exp, man := uint32(e>>3&15), uint32(e&7)
	if e == 0x7f {
		return 0
	}
	if exp == 0 {
		return float32(man) * 0x1p-10
	}
	return math.Float32frombits((exp-8+127)<<23 | man<<20)
}

func dequantizeNVFP4(dst []float32, src []BlockNVFP4) {
	for i := range src {
		for g := range src[i].Qs {
			d, y := src[i].Scale(g), (*[16]float32)(dst[64*i+16*g:])
			for j, q := range &src[i].Qs[g] {
				y[j] = float32(ValuesMXFP4[q&15]) * d
				y[j+8] = float32(ValuesMXFP4[q>>4]) * d
			}
		}
	}
}
