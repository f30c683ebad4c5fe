package x86

import (
	"strings"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// attendBlock is simd.attendBlock: scores of so many positions lie together.
const attendBlock = 256

// Softmax takes blocks of scores into softmaxes that have begun.
var Softmax = Kernel{"softmax", func(f *File) {
	e := f.expConsts()
	least := f.Float32("least", -inf)
	f.Func("Softmax", "func(s, m, l, o *float32, spans *int, queries, dim int)",
		"Softmax takes one block's scores into the softmax of every query:",
		"",
		"\tfor q < queries {",
		"\t\tx := s[256*q+spans[2*q]:][:spans[2*q+1]]",
		"\t\tif mx := max(x); mx > m[q] {",
		"\t\t\tif m[q] > -Inf {",
		"\t\t\t\tf := simd.Exp(m[q] - mx)",
		"\t\t\t\tl[q], o[q*dim:(q+1)*dim] = l[q]*f, o[q*dim:(q+1)*dim]*f",
		"\t\t\t}",
		"\t\t\tm[q] = mx",
		"\t\t}",
		"\t\tfor i := range x { x[i] = simd.Exp(x[i] - m[q]); t[i%16] += x[i] }",
		"\t\tl[q] += t[0] + …, added up as a tree",
		"\t}")
	s, m, l, o := f.Arg("s"), f.Arg("m"), f.Arg("l"), f.Arg("o")
	spans, queries := f.Arg("spans"), f.Arg("queries")
	exp := f.exp(e)
	f.Loop("query", queries, func() {
		x, n, next := f.GP64(), f.GP64(), f.fresh("next")
		f.MOVQ(Mem{Base: spans}, x)
		f.LEAQ(Mem{Base: s, Index: x, Scale: 4}, x)
		f.MOVQ(Mem{Base: spans, Disp: 8}, n)
		f.TESTQ(n, n)
		f.JZ(LabelRef(next))
		span := f.Span(n)
		f.raise(least, x, m, l, o, span, exp)
		top, acc := f.V(), f.V()
		f.Splat(Mem{Base: m}, top)
		f.Zero(acc)
		f.expSpan(x, span, top, acc, exp)
		sum := f.Tree(acc, f.VADDPS)
		f.VADDSS(Mem{Base: l}, sum, sum)
		f.VMOVSS(sum, Mem{Base: l})
		f.Label(next)
		f.ADDQ(U32(4*attendBlock), s)
		f.ADDQ(U8(4), m)
		f.ADDQ(U8(4), l)
		f.ADDQ(U8(16), spans)
		f.MOVQ(f.param("dim"), n)
		f.LEAQ(Mem{Base: o, Index: n, Scale: 4}, o)
	})
	f.End()
}}

// raise lifts a query's maximum to that of its scores, and scales what it had.
func (f *File) raise(least Mem, x, m, l, o reg.GPVirtual, span *Span, exp func(V) V) {
	same := f.fresh("same")
	top := f.V()
	f.LoadV(least, top)
	span.Each(func(g Group) {
		a := f.V()
		g.Load(x, a)
		for h := range a {
			f.VMAXPS(top[h], a[h], a[h]) // a > top ? a : top, which a NaN is not
		}
		g.Keep(a, top)
	})
	mx, old := f.Tree(top, f.VMAXPS), f.XMM()
	f.VMOVSS(Mem{Base: m}, old)
	f.VUCOMISS(old, mx)
	f.JBE(LabelRef(same)) // mx <= old
	f.VMOVSS(mx, Mem{Base: m})
	f.VUCOMISS(least, old)
	f.JBE(LabelRef(same)) // old <= -Inf: they are 0
	f.VSUBSS(mx, old, old)
	v, n := f.V(), f.GP64()
	for _, r := range v {
		f.VBROADCASTSS(old, r)
	}
	v = exp(v)
	f.VMULSS(Mem{Base: l}, v[0].AsX(), old)
	f.VMOVSS(old, Mem{Base: l})
	f.MOVQ(f.param("dim"), n)
	f.Span(n).Each(func(g Group) {
		a := f.V()
		g.Load(o, a)
		f.Mul(a, v, a)
		g.Store(a, o)
	})
	f.Label(same)
}

// Sums are the sums of values for up to so many queries: o += Σ p·v.
func Sums(queries int) []Kernel {
	var all []Kernel
	for _, r := range []valueRows{
		{name: "F32", column: 4, load: Group.Load},
		{name: "F16", column: 2, load: Group.LoadF16},
		{name: "Q8_0", block: 34, columns: (*File).q8Row},
		{name: "Q4_0", block: 18, columns: (*File).q4Row},
	} {
		all = append(all, Kernel{"sums_" + strings.ToLower(r.name), func(f *File) {
			if r.block == 18 {
				f.nibbleMask, f.nibbleBias = f.Const32("nibble", 15), f.Const32("eight", 8)
			}
			for n := 1; n <= queries; n++ {
				f.sums(r, n)
			}
		}})
	}
	return all
}

// valueRows are rows of a type.
type valueRows struct {
	name   string
	column int // bytes of a column
	load   func(g Group, base reg.GPVirtual, v V)

	block   int // bytes of a block of 32 columns, 0: there are no blocks
	columns func(f *File, groups []Group, row []V, v reg.GPVirtual)
}

// sumGroups are how many groups of sixteen columns of so many queries stay in
// registers while all rows go by, most first: the sums of few queries would
// else be too few chains to hide the additions' latency.
func (f *File) sumGroups(queries int) []int {
	switch {
	case f.Wide && queries > 4:
		return []int{2, 1}
	case f.Wide || queries == 1:
		return []int{4, 1}
	case queries == 2:
		return []int{2, 1}
	}
	return []int{1}
}

// sums is one function.
func (f *File) sums(r valueRows, queries int) {
	f.Func("Sums"+r.name+"x"+string(rune('0'+queries)), "func(o, p *float32, v *byte, n, dim, next int)",
		"Sums"+r.name+"x"+string(rune('0'+queries))+" adds scaled rows of "+r.name+":",
		"",
		"\tfor q < "+string(rune('0'+queries))+", i < n, d < dim { o[q*dim+d] += float32(p[256*q+i] * v[i][d]) }",
		"",
		"and fetches what lies next bytes from the rows.")
	a := sumArgs{r: r, queries: queries, o: f.Arg("o"), v: f.Arg("v"), stride: f.GP64()}
	left := f.Arg("dim")
	if r.block > 0 {
		f.sumBlocks(a, left)
		return
	}
	s := f.Span(left)
	f.IMUL3Q(U8(uint8(r.column)), left, a.stride)
	rest := f.GP64()
	f.MOVQ(left, rest)
	for _, groups := range f.sumGroups(queries) {
		f.While("columns", rest, 16*groups, func() {
			f.sumColumns(a, make([]Group, groups))
			f.ADDQ(U32(uint32(64*groups)), a.o)
			f.ADDQ(U32(uint32(16*groups*r.column)), a.v)
		})
	}
	f.TESTQ(rest, rest)
	f.JZ(LabelRef("done"))
	f.sumColumns(a, []Group{{rest: s}})
	f.Label("done")
	f.End()
}

// sumArgs are the arguments: o and v at the columns to work on.
type sumArgs struct {
	r            valueRows
	queries      int
	o, v, stride reg.GPVirtual
}

// sumBlocks is the rest of sums for rows of blocks.
func (f *File) sumBlocks(a sumArgs, left reg.GPVirtual) {
	f.MOVQ(left, a.stride)
	f.SHRQ(U8(5), a.stride)
	f.IMUL3Q(U8(uint8(a.r.block)), a.stride, a.stride)
	halves := [][]Group{make([]Group, 2)}
	if f.sumGroups(a.queries)[0] == 1 {
		halves = [][]Group{{{}}, {{off: 16}}}
	}
	f.While("block", left, 32, func() {
		for _, groups := range halves {
			f.sumColumns(a, groups)
		}
		f.ADDQ(U32(128), a.o)
		f.ADDQ(U32(uint32(a.r.block)), a.v)
	})
	f.End()
}

// sumColumns adds all rows in neighbouring groups of columns. The values of
// the block to come are fetched meanwhile, as many lines as the rows have; the
// products fetch keys. With 4096 positions from memory 95 Gop/s instead of 66
// for eight queries of 64, 92 instead of 57 for four of 128, on one Zen 5 core.
func (f *File) sumColumns(a sumArgs, groups []Group) {
	acc := make([][]V, a.queries)
	first := groups[0].off
	for i := range groups {
		groups[i].f, groups[i].off = f, first+16*i
	}
	each := func(do func(g Group, v V, base reg.GPVirtual)) {
		o := f.GP64()
		f.MOVQ(a.o, o)
		for q := range acc {
			for i, g := range groups {
				do(g, acc[q][i], o)
			}
			if q+1 < len(acc) {
				n := f.GP64()
				f.MOVQ(f.param("dim"), n)
				f.LEAQ(Mem{Base: o, Index: n, Scale: 4}, o)
			}
		}
	}
	for q := range acc {
		for range groups {
			acc[q] = append(acc[q], f.V())
		}
	}
	each(func(g Group, v V, o reg.GPVirtual) { g.Load(o, v) })
	p, v, rows := f.GP64(), f.GP64(), f.GP64()
	f.MOVQ(f.param("p"), p)
	f.MOVQ(a.v, v)
	f.MOVQ(f.param("n"), rows)
	next := f.GP64()
	if groups[0].rest == nil {
		f.MOVQ(f.param("next"), next)
	}
	f.Loop("row", rows, func() {
		if groups[0].rest == nil {
			for line := 0; line < max(16*len(groups)*a.r.column, 1); line += 64 {
				f.PREFETCHT0(Mem{Base: v, Index: next, Scale: 1, Disp: line})
			}
		}
		f.sumRow(a, groups, acc, p, v)
		f.ADDQ(U8(4), p)
		f.ADDQ(a.stride, v)
	})
	each(func(g Group, v V, o reg.GPVirtual) { g.Store(v, o) })
}

// sumRow adds one row. Several queries share what is loaded of it; for one, YMM
// registers would not hold it beside the sums.
func (f *File) sumRow(a sumArgs, groups []Group, acc [][]V, p, v reg.GPVirtual) {
	row := make([]V, len(groups))
	load := func(i int) {
		row[i] = f.V()
		a.r.load(groups[i], v, row[i])
	}
	switch {
	case a.r.block > 0:
		a.r.columns(f, groups, row, v)
	case f.Wide || len(acc) > 1:
		for i := range groups {
			load(i)
		}
	}
	for q := range acc {
		s := f.V()[:1]
		f.Splat(Mem{Base: p, Disp: 4 * attendBlock * q}, s)
		for i := range groups {
			if row[i] == nil {
				load(i)
			}
			for h, r := range row[i] {
				t := f.like(r)
				f.VMULPS(s[0], r, t)
				f.VADDPS(t, acc[q][i][h], acc[q][i][h]) // o[q] += p[q] * v
			}
		}
	}
}
