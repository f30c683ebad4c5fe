package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Recurrent are the updates of a head's state in recurrent layers. A row is read
// twice, or once, and stays in the nearest cache; rows do not depend on each other,
// so their sums overlap.
var Recurrent = Kernel{"recurrent", func(f *File) {
	f.deltaRule()
	f.ssmUpdate()
}}

// states are the registers of a loop over the rows of a state.
type states struct {
	f                         *File
	state, values, out, bytes reg.GPVirtual // bytes of a row
	span                      *Span
	decay                     V
}

// stateRows runs body for each row of the state, whose rows are as many as the
// argument called values has elements, each as long as the one called key.
func (f *File) stateRows(values, out, key string, body func(s *states)) {
	rows, n := f.Len(values), f.Len(key)
	s := &states{f: f, state: f.Base("state"), values: f.Base(values), out: f.Base(out), bytes: f.GP64(), decay: f.SplatArg("decay")}
	s.span = f.Span(n)
	f.MOVQ(n, s.bytes)
	f.SHLQ(I8(2), s.bytes)
	end := f.fresh("none")
	f.TESTQ(rows, rows)
	f.JZ(LabelRef(end))
	f.Loop("row", rows, func() {
		body(s)
		f.ADDQ(s.bytes, s.state)
		f.ADDQ(I8(4), s.values)
		f.ADDQ(I8(4), s.out)
	})
	f.Label(end)
	f.End()
}

// splat copies lane 0 of x to all lanes.
func (f *File) splat(x reg.VecVirtual) V {
	v := f.V()
	for _, r := range v {
		f.VBROADCASTSS(x, r)
	}
	return v
}

// update adds by * x to the group's elements of a row, which it keeps in v and
// stores.
func (s *states) update(g Group, v V, x reg.GPVirtual, by V) {
	f := s.f
	a := f.V()
	g.Load(x, a)
	f.Mul(a, by, a)
	f.Add(v, a, v)
	g.Store(v, s.state)
}

// sum adds v * x to sum; v is changed.
func (s *states) sum(g Group, v V, x reg.GPVirtual, sum V) {
	a := s.f.V()
	g.Load(x, a)
	s.f.Mul(v, a, v)
	s.f.Add(v, sum, sum)
}

func (f *File) deltaRule() {
	f.Func("DeltaRule", "func(out, state, q, k, v []float32, decay, beta, scale float32)",
		"DeltaRule updates the rows of a state, each with its element of v and out:", "",
		"\tfor i := range s { s[i] *= decay }",
		"\td := (v - Dot(s, k)) * beta",
		"\tfor i := range s { s[i] += float32(d * k[i]) }",
		"\tout = Dot(s, q) * scale")
	q, k := f.Base("q"), f.Base("k")
	f.stateRows("v", "out", "k", func(s *states) {
		acc := f.V()
		f.Zero(acc)
		s.span.Each(func(g Group) {
			v := f.V()
			g.Load(s.state, v)
			f.Mul(v, s.decay, v)
			g.Store(v, s.state)
			s.sum(g, v, k, acc)
		})
		seen, d := f.Tree(acc, f.VADDPS), f.XMM()
		f.VMOVSS(Mem{Base: s.values}, d)
		f.VSUBSS(seen, d, d)
		f.VMULSS(f.param("beta"), d, d)
		by := f.splat(d)
		f.Zero(acc)
		s.span.Each(func(g Group) {
			v := f.V()
			g.Load(s.state, v)
			s.update(g, v, k, by)
			s.sum(g, v, q, acc)
		})
		read := f.Tree(acc, f.VADDPS)
		f.VMULSS(f.param("scale"), read, read)
		f.VMOVSS(read, Mem{Base: s.out})
	})
}

func (f *File) ssmUpdate() {
	f.Func("SSMUpdate", "func(y, state, x, b, c []float32, decay, step, d float32)",
		"SSMUpdate updates the rows of a state, each with its element of x and y:", "",
		"\tfor i := range s { s[i] = float32(s[i]*decay) + float32(x*step*b[i]) }",
		"\ty = Dot(s, c) + float32(d*x)")
	b, c := f.Base("b"), f.Base("c")
	f.stateRows("x", "y", "b", func(s *states) {
		acc, x := f.V(), f.XMM()
		f.VMOVSS(Mem{Base: s.values}, x)
		f.VMULSS(f.param("step"), x, x)
		by := f.splat(x)
		f.Zero(acc)
		s.span.Each(func(g Group) {
			v := f.V()
			g.Load(s.state, v)
			f.Mul(v, s.decay, v)
			s.update(g, v, b, by)
			s.sum(g, v, c, acc)
		})
		read, direct := f.Tree(acc, f.VADDPS), f.XMM()
		f.VMOVSS(Mem{Base: s.values}, direct)
		f.VMULSS(f.param("d"), direct, direct)
		f.VADDSS(direct, read, read)
		f.VMOVSS(read, Mem{Base: s.out})
	})
}
