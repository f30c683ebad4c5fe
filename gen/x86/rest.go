package x86

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A Span is n elements, to be walked sixteen at a time and then the rest. It
// serves any number of walks.
type Span struct {
	f       *File
	n, full reg.GPVirtual // elements; elements in whole groups
	k       Op            // lanes of the rest: as a mask (wide)
	table   reg.GPVirtual // or as the address of a V of ones and zeros
	halves  *Mem          // stack for a rest of f16, which no instruction of AVX2 masks
}

// Span prepares to walk n elements; n stays unchanged.
func (f *File) Span(n reg.GPVirtual) *Span {
	s := &Span{f: f, n: n, full: f.GP64(), table: f.GP64()}
	f.MOVQ(n, s.full)
	f.ANDQ(I8(15), s.full)
	f.NEGQ(s.full)
	f.LEAQ(f.lanesTable(), s.table)
	f.LEAQ(Mem{Base: s.table, Index: s.full, Scale: 4, Disp: 64}, s.table) // &table[16 - n%16]
	f.ADDQ(n, s.full)                                                      // n - n%16
	if f.Wide {
		m := f.ZMM()
		k := f.K()
		f.VMOVDQU32(Mem{Base: s.table}, m)
		f.VPMOVD2M(m, k)
		s.k = k
	}
	return s
}

// lanesTable is sixteen dwords of ones and sixteen of zeros.
func (f *File) lanesTable() Mem {
	if f.table == nil {
		m := f.StaticGlobal("lanes")
		f.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range 32 {
			f.AppendDatum(U32(map[bool]uint32{true: 0xffffffff}[i < 16]))
		}
		f.table = &m
	}
	return *f.table
}

// Each runs body for every sixteen elements, and once more for the rest if
// there is one.
func (s *Span) Each(body func(g Group)) {
	f := s.f
	loop, rest, end := f.fresh("each"), f.fresh("rest"), f.fresh("end")
	i := f.GP64()
	f.XORQ(i, i)
	f.CMPQ(i, s.full)
	f.JGE(LabelRef(rest))
	f.Label(loop)
	body(Group{f: f, i: i})
	f.ADDQ(I8(16), i)
	f.CMPQ(i, s.full)
	f.JL(LabelRef(loop))
	f.Label(rest)
	f.CMPQ(i, s.n)
	f.JGE(LabelRef(end))
	body(Group{f: f, i: i, rest: s})
	f.Label(end)
}

// A Group is sixteen elements from index i on, or the rest: then loads give 0
// in the lanes beyond it, and stores leave what lies beyond it alone.
type Group struct {
	f    *File
	i    reg.GPVirtual // nil: 0
	off  int           // elements to add to i
	rest *Span         // nil: all sixteen
}

// at addresses the group in an array of elements of size bytes.
func (g Group) at(base reg.GPVirtual, size int) Mem {
	m := Mem{Base: base, Disp: g.off * size}
	if g.i != nil {
		m.Index, m.Scale = g.i, uint8(size)
	}
	return m
}

// lanes loads half h of the rest's lanes.
func (g Group) lanes(h int) reg.VecVirtual {
	m := g.f.YMM()
	g.f.VMOVUPS(Mem{Base: g.rest.table, Disp: 32 * h}, m)
	return m
}

// Load loads float32.
func (g Group) Load(base reg.GPVirtual, v V) {
	m := g.at(base, 4)
	switch {
	case g.rest == nil:
		g.f.LoadV(m, v)
	case g.f.Wide:
		g.f.VMOVUPS_Z(m, g.rest.k, v[0])
	default:
		for h := range v {
			g.f.VMASKMOVPS(g.f.half(m, h), g.lanes(h), v[h])
		}
	}
}

// Store stores float32.
func (g Group) Store(v V, base reg.GPVirtual) {
	m := g.at(base, 4)
	switch {
	case g.rest == nil:
		g.f.StoreV(v, m)
	case g.f.Wide:
		g.f.VMOVUPS(v[0], g.rest.k, m)
	default:
		for h := range v {
			g.f.VMASKMOVPS(v[h], g.lanes(h), g.f.half(m, h))
		}
	}
}

// Keep is dst = src in the group's lanes.
func (g Group) Keep(src, dst V) {
	switch {
	case g.f.Wide && g.rest == nil:
		g.f.VMOVAPS(src[0], dst[0])
	case g.f.Wide:
		g.f.VMOVAPS(src[0], g.rest.k, dst[0])
	default:
		for h := range dst {
			if g.rest == nil {
				g.f.VMOVAPS(src[h], dst[h])
				continue
			}
			g.f.VBLENDVPS(g.lanes(h), src[h], dst[h], dst[h])
		}
	}
}
