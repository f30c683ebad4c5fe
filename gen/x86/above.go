package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// greater is VCMPPS's a > b, false where one is NaN.
const greater = 0x1e

// Above finds the elements that top-k has to look at.
var Above = Kernel{"above", func(f *File) {
	f.Func("Above", "func(x []float32, t float32) int",
		"Above returns the index of the first element above t, len(x) if there is none:",
		"",
		"\tfor i, v := range x { if v > t { return i } }",
		"\treturn len(x)")
	x, n := f.Base("x"), f.Len("x")
	t, found := f.V(), f.GP64()
	f.Splat(f.param("t"), t)
	var i reg.GPVirtual
	f.Span(n).Each(func(g Group) {
		i = g.i
		a := f.V()
		g.Load(x, a)
		g.Above(a, t, found)
		f.TESTL(found.As32(), found.As32())
		f.JNZ(LabelRef("found"))
	})
	f.Store(n, f.ReturnIndex(0))
	f.End()
	f.Label("found")
	f.BSFL(found.As32(), found.As32()) // the lowest lane
	f.ADDQ(i, found)
	f.Store(found, f.ReturnIndex(0))
	f.End()
}}

// Above sets bit r of mask if a[r] > b[r], of the group's lanes, and clears
// a of AVX2.
func (g Group) Above(a, b V, mask reg.GPVirtual) {
	f := g.f
	if f.Wide {
		k := f.K()
		if g.rest == nil {
			f.VCMPPS(I8(greater), b[0], a[0], k)
		} else {
			f.VCMPPS(I8(greater), b[0], a[0], g.rest.k, k)
		}
		f.KMOVW(k, mask.As32())
		return
	}
	high := f.GP32()
	for h, m := range []reg.Register{mask.As32(), high} {
		f.VCMPPS(I8(greater), b[h], a[h], a[h])
		if g.rest != nil { // lanes beyond it are 0, which may be above
			f.VANDPS(g.lanes(h), a[h], a[h])
		}
		f.VMOVMSKPS(a[h], m)
	}
	f.SHLL(I8(8), high)
	f.ORL(high, mask.As32())
}
