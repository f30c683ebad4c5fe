package x86

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// iq4XS has in 32 columns 16 low nibbles, then 16 high ones; eight scales of
// six bits, 32 too large: their low bits in nibbles, their high ones in two
// bytes.
var iq4XS = kquant{
	signed: true, masks: []uint32{bits0to3},
	scales: func(k *kgemm) {
		h := k.reg()
		k.f.VPMOVZXWD(Mem{Base: k.half, Disp: k.t.At("scales_h")}, h)
		for part := range parts {
			k.keep(part, k.scales6IQ4(part, h))
		}
	},
	quant: func(k *kgemm, g, c int) reg.VecVirtual {
		v := k.partDword("qs", 16, 4*g+c%4)
		k.and(bits0to3, k.shift(-4*(c/4), v))
		values := k.valuesAt
		if values == nil {
			values = k.values()
		}
		k.f.VPSHUFB(v, values, v)
		return v
	},
}

// scales6IQ4 returns a part's four scales; h has the high bits of all.
func (k *kgemm) scales6IQ4(part int, h reg.VecVirtual) reg.VecVirtual {
	f := k.f
	v, odd := k.dword("scales_l", 0), k.reg()
	f.VPSHUFB(k.shuffle([4]byte{byte(2 * part), byte(2 * part), byte(2*part + 1), byte(2*part + 1)}), v, v)
	f.VMOVAPS(v, odd)
	k.and(0x000f000f, v)
	k.with(0x0f000f00, k.shift(-4, odd), v)
	for i := range 4 {
		bits := k.reg()
		f.VPSHUFB(k.shuffle([4]byte{byte(part), byte(part), byte(part), byte(part)}), h, bits)
		k.with(0x30<<(8*i), k.shift(4-2*i, bits), v)
	}
	f.VPSUBB(k.word(32*0x01010101), v, v)
	return v
}

// values loads the table of IQ4_NL, for quants that are multiplied as unsigned
// numbers 128 too large.
func (k *kgemm) values() reg.VecVirtual {
	if k.table == nil {
		m := k.file.StaticGlobal("values")
		k.table = &m
		k.file.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range 64 {
			v := byte(k.t.Values[i%16])
			if !k.signed() {
				v += byte(k.t.Excess())
			}
			k.file.AppendDatum(U8(v))
		}
	}
	v := k.reg()
	k.f.VMOVUPS(*k.table, v)
	return v
}
