package x86

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// ktables are a file's constants, each made once.
type ktables struct {
	file  *File
	words map[uint32]Mem
	bytes map[[4]byte]Mem
	table *Mem // of values
}

func newTables(f *File) *ktables {
	return &ktables{file: f, words: map[uint32]Mem{}, bytes: map[[4]byte]Mem{}}
}

// word is v in every dword.
func (k *ktables) word(v uint32) Mem {
	if _, ok := k.words[v]; !ok {
		k.words[v] = k.file.Const32(fmt.Sprintf("x%08x", v), v)
	}
	return k.words[v]
}

// shuffle makes VPSHUFB take these bytes of each dword; 128 gives 0.
func (k *ktables) shuffle(b [4]byte) Mem {
	if m, ok := k.bytes[b]; ok {
		return m
	}
	f := k.file
	m := f.StaticGlobal(fmt.Sprintf("bytes%x", b))
	f.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 64 {
		v := b[i%4]
		if v < 4 {
			v += byte(i % 16 / 4 * 4)
		}
		f.AppendDatum(U8(v))
	}
	k.bytes[b] = m
	return m
}

// pair takes bytes 2i and 2i+1 of a dword to the high halves of its words.
func (k *ktables) pair(i int) Mem {
	return k.shuffle([4]byte{128, byte(2 * i), 128, byte(2*i + 1)})
}

// reg returns a fresh register of the tier's width.
func (k *kgemm) reg() reg.VecVirtual { return k.f.V()[0] }

// width is the size of a register in bytes.
func (k *kgemm) width() int {
	if k.f.Wide {
		return 64
	}
	return 32
}

// regs returns a register for each token.
func (k *kgemm) regs() []reg.VecVirtual {
	s := make([]reg.VecVirtual, k.tokens)
	for t := range s {
		s[t] = k.reg()
	}
	return s
}

// zeros returns a register of zeros for each token. (Of VPXORD avo believes
// that it needs what was there before.)
func (k *kgemm) zeros() []reg.VecVirtual {
	s := k.regs()
	for _, r := range s {
		k.f.VXORPS(r, r, r)
	}
	return s
}

// quants addresses the activations of columns 4c to 4c+3 of a group.
func (k *kgemm) quants(t, g, c int) Mem {
	return Mem{Base: k.x, Index: k.part64, Scale: 2, Disp: 256*t + k.t.Group*g + 4*c}
}

// float loads a field of f16, or of f32.
func (k *kgemm) float(name string) reg.VecVirtual {
	v := k.reg()
	if k.t.Width(name) == 4 {
		k.f.VMOVUPS(Mem{Base: k.w, Disp: k.t.At(name)}, v)
	} else {
		k.f.VCVTPH2PS(Mem{Base: k.half, Disp: k.t.At(name)}, v)
	}
	return v
}

// scale returns the scale of group g of the part: in dwords, or in words twice.
func (k *kgemm) scale(g int) reg.VecVirtual {
	f, v, b := k.f, k.reg(), g%4
	m := k.scalesAt.Offset(64 * (g / 4))
	m.Index, m.Scale = k.part64, uint8(32/k.t.Group)
	f.VMOVUPS(m, v)
	if !f.Wide && !f.VNNI {
		f.VPSHUFB(k.shuffle([4]byte{128, byte(b), 128, byte(b)}), v, v)
		f.VPSRAW(U8(8), v, v)
		return v
	}
	if b < 3 {
		f.VPSLLD(U8(24-8*b), v, v)
	}
	f.VPSRAD(U8(24), v, v)
	return v
}

// keep stores dword d of the scales.
func (k *kgemm) keep(d int, v reg.VecVirtual) { k.f.VMOVUPS(v, k.scalesAt.Offset(64*d)) }

// dword loads dword n of a field.
func (k *kgemm) dword(name string, n int) reg.VecVirtual {
	return k.take(Mem{Base: k.w, Disp: k.t.At(name) + 64*n})
}

// partDword loads dword n of a field that has perPart dwords, 8, 16 or 32, a part.
func (k *kgemm) partDword(name string, perPart, n int) reg.VecVirtual {
	return k.take(Mem{Base: k.w, Index: k.part512, Scale: uint8(perPart / 8), Disp: k.t.At(name) + 64*n})
}

// take loads a register, which the caller may change. Of two groups that share
// dwords the first takes a copy.
func (k *kgemm) take(m Mem) reg.VecVirtual {
	return k.once(m.Asm(), func() reg.VecVirtual {
		v := k.reg()
		k.f.VMOVUPS(m, v)
		return v
	})
}

// once makes a register, or takes what was made for the group before.
func (k *kgemm) once(key string, load func() reg.VecVirtual) reg.VecVirtual {
	if v, ok := k.shared[key]; ok {
		return v
	}
	v := load()
	if k.shared == nil || k.t.pair == 0 {
		return v
	}
	k.shared[key] = v
	c := k.reg()
	k.f.VMOVAPS(v, c)
	return c
}

// shift moves bits up (or down, n < 0), inside of words.
func (k *kgemm) shift(n int, v reg.VecVirtual) reg.VecVirtual {
	switch {
	case n > 0:
		k.f.VPSLLW(U8(n), v, v)
	case n < 0:
		k.f.VPSRLW(U8(-n), v, v)
	}
	return v
}

// and is v &= mask.
func (k *kgemm) and(mask uint32, v reg.VecVirtual) reg.VecVirtual {
	if k.f.Wide {
		k.f.VPANDD(k.mask(mask), v, v)
	} else {
		k.f.VPAND(k.mask(mask), v, v)
	}
	return v
}

// with is v |= bits & mask; bits are lost.
func (k *kgemm) with(mask uint32, bits, v reg.VecVirtual) reg.VecVirtual {
	const orAnd = U8(0xf8)
	if k.f.Wide {
		k.f.VPTERNLOGD(orAnd, k.mask(mask), bits, v)
	} else {
		k.f.VPAND(k.mask(mask), bits, bits)
		k.f.VPOR(bits, v, v)
	}
	return v
}

// mask is a constant in every dword: in a register, if the type names it among
// its masks and there are many.
func (k *kgemm) mask(v uint32) Op {
	if m, ok := k.masks[v]; ok {
		return m
	}
	return k.word(v)
}
