package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An elem is the type of a row's elements.
type elem struct {
	suffix, name string
	size         int
	load         func(g Group, base reg.GPVirtual, v V)
}

var (
	f32 = elem{"", "float32", 4, Group.Load}
	f16 = elem{"F16", "uint16", 2, Group.LoadF16}
)

// Dot are the sums of products, in sixteen lanes and a tree.
var Dot = Kernel{"dot", func(f *File) {
	f.dot()
	f.dotRows(f32)
	f.dotRows(f16)
}}

// dot is Dot. One chain of additions a lane: the order is the canonical one.
func (f *File) dot() {
	f.Func("Dot", "func(x, y []float32) float32",
		"Dot returns the sum of products, taken in 16 lanes and a tree:",
		"",
		"\tfor i := range x { s[i%16] += x[i] * y[i] }",
		"\tfor h := 8; h > 0; h /= 2 { for l := range h { s[l] += s[l+h] } }")
	x, y, n := f.Base("x"), f.Base("y"), f.Len("x")
	acc := f.V()
	f.Zero(acc)
	f.Span(n).Each(func(g Group) {
		a, b := f.V(), f.V()
		g.Load(x, a)
		g.Load(y, b)
		f.Mul(a, b, a)
		f.Add(a, acc, acc)
	})
	f.Return(f.Tree(acc, f.VADDPS))
}

// dotRows is DotRows or DotRowsF16. Four rows at a time hide the latency of
// the additions, since each row's sixteen lanes are one chain.
func (f *File) dotRows(e elem) {
	f.Func("DotRows"+e.suffix, "func(dst, q []float32, k []"+e.name+")",
		"DotRows"+e.suffix+" multiplies rows of "+e.name+" with q, each as Dot does:",
		"",
		"\tfor i := range dst { dst[i] = Dot(q, k[i*len(q):]) }")
	dst, rows, q, k := f.Base("dst"), f.Len("dst"), f.Base("q"), f.Base("k")
	n, stride := f.Len("q"), f.GP64()
	f.MOVQ(n, stride)
	f.IMUL3Q(I8(e.size), stride, stride)
	s := f.Span(n)
	f.While("four", rows, 4, func() {
		p := [4]reg.GPVirtual{k, f.GP64(), f.GP64(), f.GP64()}
		for i := 1; i < 4; i++ {
			f.LEAQ(Mem{Base: p[i-1], Index: stride, Scale: 1}, p[i])
		}
		acc := f.dots(e, s, q, p[:])
		f.VMOVUPS(f.Tree4([4]V(acc)), Mem{Base: dst})
		f.LEAQ(Mem{Base: p[3], Index: stride, Scale: 1}, k)
		f.ADDQ(I8(16), dst)
	})
	f.While("one", rows, 1, func() {
		acc := f.dots(e, s, q, []reg.GPVirtual{k})
		f.VMOVSS(f.Tree(acc[0], f.VADDPS), Mem{Base: dst})
		f.ADDQ(stride, k)
		f.ADDQ(I8(4), dst)
	})
	f.End()
}

// dots returns the lane sums of q with each of the rows.
func (f *File) dots(e elem, s *Span, q reg.GPVirtual, rows []reg.GPVirtual) []V {
	acc := make([]V, len(rows))
	for i := range acc {
		acc[i] = f.V()
		f.Zero(acc[i])
	}
	s.Each(func(g Group) {
		a := f.V()
		g.Load(q, a)
		for i, row := range rows {
			b := f.V()
			e.load(g, row, b)
			f.Mul(a, b, b)
			f.Add(b, acc[i], acc[i]) // acc[i] += q * row[i]
		}
	})
	return acc
}
