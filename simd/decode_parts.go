package simd

import "github.com/querent-ai/chord/quant"

// decodeNVFP4: 0 scales [4]e4m3 | 4 qs [4][8]u8, 16 columns each.
func decodeNVFP4(v *ints, b []byte) {
	block := &quant.Blocks[quant.BlockNVFP4](b)[0]
	for g := range block.Qs {
		v.part[g] = block.Scale(g)
		lookup(v.q[16*g:16*g+16], block.Qs[g][:], &quant.ValuesMXFP4)
	}
}

// decodeQ1_0: 0 d f16 | 2 qs [16]u8, a bit a column, 0 for -1.
func decodeQ1_0(v *ints, b []byte) {
	for i := range 128 {
		v.q[i] = int8(b[2+i/8]>>(i%8)&1)<<1 - 1
	}
	v.same(f16(b))
}

// decodeQ2_0: 0 d f16 | 2 qs [16]u8, two bits a column, 0 to 3 for -1 to 2.
func decodeQ2_0(v *ints, b []byte) {
	for i := range 64 {
		v.q[i] = int8(b[2+i/4]>>(i%4*2)&3) - 1
	}
	v.same(f16(b))
}

// same makes d the scale of all parts.
func (v *ints) same(d float32) {
	for g := range v.part {
		v.part[g] = d
	}
}
