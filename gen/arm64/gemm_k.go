package arm64

import (
	"strings"

	. "github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/layout"
)

// A kquant is a type in blocks of 256 columns. Its kernels work on four rows,
// there on a part of 128 columns at a time, and there on groups that share a
// scale:
//
//	S = Σ_g scale[g] · Σ quant·x, in integers, exactly
type kquant struct {
	layout.Type
	shift  int                   // SDOT takes quants that are 2**shift too large
	bits   bool                  // has a bit for every 32 columns, those of a part in half a byte
	extra  int                   // registers that a part keeps, beside q
	scales func(k *kgemm, v []V) // sets bytes of four groups each
	minima func(k *kgemm, v []V) // nil: the type has none
	part   func(k *kgemm)        // multiplies the part's groups, each with k.multiply
}

// kgemm is a function in the making.
type kgemm struct {
	f      *File
	t      kquant
	tokens int
	by     product
	a      gemmArgs

	half      R    // the block's f16, at the four rows
	x         [2]R // tokens' quants of the part: of tokens 0 to 3, 4 to 7
	part      R    // parts to come
	quants    R    // the part's quants, at the four rows; they are 1024 bytes behind
	quants2   R    // the last part's: of fields of two bits 512
	constants R

	q     []V // quants, in the first registers, which lanes of sums must be in
	sums  []V // S, a register a token, or (mmla2) two a pair of them: of two rows each
	sc    []V // scales of both parts, bytes: four groups a register
	extra []V
	shift V // what takes the part's bits to the upper half of a byte
}

// A product is what multiplies quants.
type product int

const (
	smlal product = iota
	sdot
	mmla2 // SMMLA
)

// gemmK returns the products with K-quants, and with integers, that the tier has.
func gemmK(by product, tier layout.Tier) []Kernel {
	var kernels []Kernel
	for _, row := range append(layout.Kernels(256), layout.Integers) {
		t, ok := kquants[row.Name]
		if !ok {
			panic("gen/arm64/gemm_k_types.go: kquants has no " + row.Name)
		}
		t.Type = row
		kernels = append(kernels, Kernel{Name: "gemm_" + strings.ToLower(t.Name), Write: func(f *File) {
			for n := tier.Least256; n <= tier.Panel; n++ {
				k := &kgemm{f: f, t: t, tokens: n, by: by}
				k.function()
			}
		}})
	}
	return kernels
}

// function is Gemm<type>x<tokens>.
func (k *kgemm) function() {
	f := k.f
	loop := "for b < blocks { acc += float32(Σ_g scale[g] * Σ q*x) * (dw*dx)"
	if k.t.minima != nil {
		loop += "; acc -= float32(Σ_g min[g] * Σ x) * (dmin*dx)"
	}
	k.a = productFunc(f, k.t.Name, k.tokens, loop+" }")
	k.half, k.part, k.quants, k.quants2 = f.R(), f.R(), f.R(), f.R()
	k.x = [2]R{f.R(), f.R()}
	k.constants = f.Addr(f.Data("constants", kconstants()...))
	k.q, k.sums, k.sc = f.Vs(8), f.Vs(k.tokens), f.Vs(256/k.t.Group/4)
	if k.t.extra > 0 {
		k.extra = f.Vs(k.t.extra)
	}
	if k.t.bits {
		k.shift = f.V()
	}
	n, rows, rec := f.R(), f.R(), f.R()
	f.Loop("tile", k.a.tiles, func() {
		k.clear()
		f.MovR(rec, k.a.acts)
		f.MovR(n, k.a.blocks)
		f.Loop("block", n, func() {
			f.MovR(k.half, k.a.w)
			f.Const(rows, 4)
			f.Loop("rows", rows, func() {
				k.rows(rec)
				f.AddI(k.a.w, k.a.w, 16)
				f.AddI(k.half, k.half, 8)
				f.AddI(k.a.dst, k.a.dst, 16)
			})
			f.AddI(k.a.w, k.a.w, k.t.TileBytes()-64)
			f.SubI(k.a.dst, k.a.dst, 64)
			f.AddI(rec, rec, k.tokens*layout.Record256)
		})
		f.AddI(k.a.dst, k.a.dst, 64)
	})
	f.End()
}

// clear zeroes the tile's results, which are the float sums.
func (k *kgemm) clear() {
	f := k.f
	f.Scope(func() {
		z, d := f.V(), f.R()
		f.Movi(z, 0)
		f.MovR(d, k.a.dst)
		for t := range k.tokens {
			f.StP(z, z, d.At(0))
			f.StP(z, z, d.At(32))
			if t+1 < k.tokens {
				f.AddR(d, d, k.a.stride)
			}
		}
	})
}

// rows adds one block's products for four rows.
func (k *kgemm) rows(rec R) {
	f := k.f
	f.Scope(func() {
		f.Free(k.q...)
		k.t.scales(k, k.sc)
	})
	for _, s := range k.sums {
		f.Movi(s, 0)
	}
	f.MovR(k.x[0], rec)
	if k.tokens > 4 {
		f.AddI(k.x[1], rec, 1024)
	}
	f.MovR(k.quants, k.a.w)
	f.MovR(k.quants2, k.a.w)
	if k.t.bits {
		f.Movi(k.shift, 4)
	}
	f.Const(k.part, 2)
	f.Loop("part", k.part, func() {
		f.Scope(func() { k.t.part(k) })
		k.next()
	})
	f.Scope(func() {
		f.Free(k.q[2:7]...)
		k.add(rec)
	})
}

// next goes on to the second part.
func (k *kgemm) next() {
	f := k.f
	per := len(k.sc) / 2
	for i := range per {
		f.Mov(k.sc[i], k.sc[per+i])
	}
	f.AddI(k.x[0], k.x[0], 128)
	if k.tokens > 4 {
		f.AddI(k.x[1], k.x[1], 128)
	}
	f.AddI(k.quants, k.quants, 1024)
	f.AddI(k.quants2, k.quants2, 512)
	if k.t.bits {
		f.Movi(k.shift, 0)
	}
}

// dword loads dword n of a field, of four rows at p.
func (k *kgemm) dword(d V, p R, name string, n int) V {
	k.f.LdQ(d, p.At(k.t.At(name)+64*n))
	return d
}

// constant loads a constant into a fresh register.
func (k *kgemm) constant(c kconst) V {
	v := k.f.V()
	k.f.LdQ(v, k.constants.At(16*int(c)))
	return v
}

// A kconst is one of the constants, sixteen bytes each.
type kconst int

const (
	transpose kconst = iota // byte 4r+g to 4g+r
	low6                    // masks of bytes
	bits2
	thirtyTwo
	signs2    // the upper bits of fields of two
	highIQ4   // the first part's byte of four rows' f16, and the second's
	highIQ4b  //
	downTwo   // shifts of IQ4_XS
	valuesIQ4 // of IQ4_NL
	bit4      // and the bits above it
)

func kconstants() []uint32 {
	all := []uint32{
		0x0c080400, 0x0d090501, 0x0e0a0602, 0x0f0b0703,
		0x3f3f3f3f, 0x3f3f3f3f, 0x3f3f3f3f, 0x3f3f3f3f,
		0x03030303, 0x03030303, 0x03030303, 0x03030303,
		0x20202020, 0x20202020, 0x20202020, 0x20202020,
		0xaaaaaaaa, 0xaaaaaaaa, 0xaaaaaaaa, 0xaaaaaaaa,
		0x06040200, 0x06040200, 0x06040200, 0x06040200,
		0x07050301, 0x07050301, 0x07050301, 0x07050301,
		0x00000000, 0xfefefefe, 0xfcfcfcfc, 0xfafafafa,
	}
	values := layout.Of("IQ4_NL").Values
	for i := range 4 {
		var v uint32
		for j := range 4 {
			v |= uint32(byte(values[4*i+j])) << (8 * j)
		}
		all = append(all, v)
	}
	for bit := range 4 {
		for range 4 {
			all = append(all, 0x10101010<<bit)
		}
	}
	return all
}

// GemmKNeon are the products with K-quants, and with integers, with SMLAL.
func GemmKNeon() []Kernel { return gemmK(smlal, layout.Neon) }

// GemmKDotprod are those with SDOT.
func GemmKDotprod() []Kernel { return gemmK(sdot, layout.Dotprod) }

// GemmKI8mm are those with SMMLA.
func GemmKI8mm() []Kernel { return gemmK(mmla2, layout.I8mm) }
