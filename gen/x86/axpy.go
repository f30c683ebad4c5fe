package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Axpy are the sums of scaled rows.
var Axpy = Kernel{"axpy", func(f *File) {
	f.axpyRows(f32)
	f.axpyRows(f16)
}}

// axpyRows is AxpyRows or AxpyRowsF16: a few columns of dst stay in registers
// while all rows go by.
func (f *File) axpyRows(e elem) {
	f.Func("AxpyRows"+e.suffix, "func(dst, p []float32, v []"+e.name+")",
		"AxpyRows"+e.suffix+" adds scaled rows of "+e.name+":",
		"",
		"\tfor i := range p { for d := range dst { dst[d] += p[i] * v[i*len(dst)+d] } }")
	a := axpyArgs{e: e, dst: f.Base("dst"), p: f.Base("p"), v: f.Base("v"), rows: f.Len("p"), stride: f.GP64()}
	n, left := f.Len("dst"), f.GP64()
	s := f.Span(n)
	f.MOVQ(n, left)
	f.MOVQ(n, a.stride)
	f.IMUL3Q(I8(e.size), a.stride, a.stride)
	f.TESTQ(a.rows, a.rows)
	f.JZ(LabelRef("done"))
	for _, groups := range []int{4, 1} {
		f.While("columns", left, 16*groups, func() {
			f.axpyColumns(a, make([]Group, groups))
			f.ADDQ(U32(uint32(64*groups)), a.dst)
			f.ADDQ(U32(uint32(16*groups*e.size)), a.v)
		})
	}
	f.TESTQ(left, left)
	f.JZ(LabelRef("done"))
	f.axpyColumns(a, []Group{{rest: s}})
	f.Label("done")
	f.End()
}

// axpyArgs are the arguments: dst and v at the columns to work on.
type axpyArgs struct {
	e                       elem
	dst, p, v, rows, stride reg.GPVirtual
}

// axpyColumns adds all rows in neighbouring groups of columns.
func (f *File) axpyColumns(a axpyArgs, groups []Group) {
	acc := make([]V, len(groups))
	for i := range groups {
		groups[i].f, groups[i].off = f, 16*i
		acc[i] = f.V()
		groups[i].Load(a.dst, acc[i])
	}
	p, v, rows := f.GP64(), f.GP64(), f.GP64()
	f.MOVQ(a.p, p)
	f.MOVQ(a.v, v)
	f.MOVQ(a.rows, rows)
	f.Loop("row", rows, func() {
		s := f.V()[:1]
		f.Splat(Mem{Base: p}, s)
		for i, g := range groups {
			row := f.V()
			a.e.load(g, v, row)
			for h := range row {
				f.VMULPS(s[0], row[h], row[h])
			}
			f.Add(row, acc[i], acc[i]) // dst += p[i] * v[i]
		}
		f.ADDQ(I8(4), p)
		f.ADDQ(a.stride, v)
	})
	for i, g := range groups {
		g.Store(acc[i], a.dst)
	}
}
