package arm64

import . "github.com/querent-ai/chord/gen/a64"

// attendBlock is simd.attendBlock: scores of so many positions lie together.
const attendBlock = 256

// Softmax takes blocks of scores into softmaxes that have begun.
var Softmax = Kernel{Name: "softmax", Write: func(f *File) {
	f.Func("Softmax", "s *float32, m *float32, l *float32, o *float32, spans *int, queries int, dim int", "",
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
	a := softmaxArgs{f.Arg("s"), f.Arg("m"), f.Arg("l"), f.Arg("o"), f.Arg("spans"), f.Arg("dim")}
	queries, e, least := f.Arg("queries"), newExp(f), f.SplatF("least", -inf)
	x, n, from := f.R(), f.R(), f.R()
	f.Loop("query", queries, func() {
		next := f.Label("next")
		f.Ld64(from, a.spans.At(0))
		f.AddShifted(from, a.s, from, 2)
		f.Ld64(n, a.spans.At(8))
		f.Cbz(n, next)
		f.MovR(x, from)
		f.Scope(func() { a.raise(e, largest(f, x, n, least), least) })
		f.Ld64(n, a.spans.At(8))
		f.Scope(func() {
			m, l := f.V(), f.V()
			f.LdR([]V{m}, S4, a.m, Stay)
			sum := e.sum(from, n, m)
			f.LdS(l, a.l.At(0))
			f.Fadd(l, l, sum)
			f.StS(l, a.l.At(0))
		})
		f.Place(next)
		f.AddI(a.s, a.s, 4*attendBlock)
		f.AddI(a.m, a.m, 4)
		f.AddI(a.l, a.l, 4)
		f.AddI(a.spans, a.spans, 16)
		f.AddShifted(a.o, a.o, a.dim, 2)
	})
	f.End()
}}

// softmaxArgs are the arguments, at the query that is being worked on.
type softmaxArgs struct{ s, m, l, o, spans, dim R }

// raise lifts a query's maximum to that of its scores, mx, if that is more, and
// scales what it had.
func (a softmaxArgs) raise(e *exponential, mx, least V) {
	f := e.f
	same := f.Label("same")
	old, more, n, o := f.V(), f.V(), f.R(), f.R()
	f.LdS(old, a.m.At(0))
	f.Same("fcmgt", S4, more, mx, old)
	f.Umov(S4, n, more, 0)
	f.Cbz(n, same)
	f.StS(mx, a.m.At(0))
	f.Same("fcmgt", S4, more, old, least)
	f.Umov(S4, n, more, 0)
	f.Cbz(n, same) // they are 0
	f.Fsub(old, old, mx)
	f.Dup(S4, old, old, 0)
	e.of([]V{old})
	f.LdS(more, a.l.At(0))
	f.Fmul(more, more, old)
	f.StS(more, a.l.At(0))
	f.MovR(o, a.o)
	f.MovR(n, a.dim)
	scaleBy(f, o, n, old)
	f.Place(same)
}
