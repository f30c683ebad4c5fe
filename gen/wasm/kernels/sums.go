package kernels

import (
	"fmt"

	"github.com/querent-ai/chord/gen/layout"
	. "github.com/querent-ai/chord/gen/wasm"
)

// sums writes the sums of values of a type, for some queries: sixteen columns at a
// time, then four, then one, of which all rows are added.
func (w *writer) sums(t layout.Type, queries int) {
	name := fmt.Sprintf("Sums%sx%d", t.Name, queries)
	k := w.kernel(name, "o *float32, p *float32, v *byte, n int, dim int, _ int", "", "",
		fmt.Sprintf("%s adds up values for %d queries:", name, queries),
		"", "\tfor query q, i < n, d < dim { o[q*dim+d] += p[256*q+i] * v[i][d] }")
	s := &valueSums{kernel: k, t: t, queries: queries, o: k.arg("o"), v: k.arg("v"), dim: k.Let(k.Wide(k.arg("dim").Expr))}
	s.row = k.Let(Mul(s.dim.Expr, k.Addr(t.Bytes)))
	if t.Columns > 1 {
		s.row = k.Let(Mul(Shr(s.dim.Expr, k.Addr(5)), k.Addr(t.Bytes)))
	}
	left := k.Let(k.arg("dim").Expr)
	if t.Columns > 1 {
		k.While(left, 32, func() {
			s.columns(16, 0)
			s.columns(16, 1)
			k.Inc(s.v, t.Bytes)
		})
		return
	}
	for _, n := range []int{16, 4, 1} {
		k.While(left, n, func() {
			s.columns(n, 0)
			k.Inc(s.v, n*t.Bytes)
		})
	}
}

// A valueSums is a function in the making.
type valueSums struct {
	*kernel
	t            layout.Type
	queries      int
	o, v         Var
	dim, row     Var // elements of a result, bytes of a value
	i, at, score Var
	acc          [][]Var
}

// columns adds up n columns of all rows, in blocks of 32 the first or second sixteen.
func (s *valueSums) columns(n, second int) {
	if s.acc == nil {
		s.i, s.at, s.score = s.Local(I32), s.Local(s.w.Ptr), s.Local(s.w.Ptr)
		for range s.queries {
			s.acc = append(s.acc, s.Locals(V128, 4))
		}
	}
	g := group{s.kernel, min(n, 4)}
	vectors := max(n/4, 1)
	out := s.Let(s.o.Expr)
	s.each2(out, vectors, func(q, j int, p Var) { s.Set(s.acc[q][j], g.load(p)) })
	s.Set(s.at, s.v.Expr)
	s.Set(s.score, s.arg("p").Expr)
	s.Set(s.i, s.arg("n").Expr)
	s.While(s.i, 1, func() {
		v := s.values(n, second)
		for q := range s.acc {
			p := s.Let(s.Splat32(s.score.Expr, 4*attendBlock*q))
			for j, v := range v {
				s.Set(s.acc[q][j], F32x4Add(s.acc[q][j].Expr, F32x4Mul(v.Expr, p.Expr)))
			}
		}
		s.Inc(s.score, 4)
		s.Set(s.at, Add(s.at.Expr, s.row.Expr))
	})
	s.each2(s.Let(s.o.Expr), vectors, func(q, j int, p Var) { g.store(p, s.acc[q][j].Expr) })
	s.Inc(s.o, 4*n)
}

// each2 runs body for vector j of query q, which is at p.
func (s *valueSums) each2(p Var, vectors int, body func(q, j int, p Var)) {
	for q := range s.queries {
		at := s.Let(p.Expr)
		for j := range vectors {
			body(q, j, at)
			s.Inc(at, 16)
		}
		s.Set(p, Add(p.Expr, Mul(s.dim.Expr, s.Addr(4))))
	}
}

// values are n columns of the row.
func (s *valueSums) values(n, second int) []Var {
	var v []Var
	if s.t.Columns > 1 {
		d := s.Let(s.fromHalf(I32x4ExtendLow(s.Splat16(s.at.Expr, 0))))
		q := s.Load(s.at.Expr, 2)
		switch {
		case s.t.Name == "Q8_0":
			q = s.Load(s.at.Expr, 2+16*second)
		case second == 1:
			q = I8x16Sub(V128And(I16x8ShrU(q, 4), Bits(0x0f0f0f0f)), Bits(0x08080808))
		default:
			q = I8x16Sub(V128And(q, Bits(0x0f0f0f0f)), Bits(0x08080808))
		}
		bytes := s.Let(q)
		for _, h := range []Expr{I16x8ExtendLow(bytes.Expr), I16x8ExtendHigh(bytes.Expr)} {
			h := s.Let(h)
			for _, e := range []Expr{I32x4ExtendLow(h.Expr), I32x4ExtendHigh(h.Expr)} {
				v = append(v, s.Let(F32x4Mul(F32x4Convert(e), d.Expr)))
			}
		}
		return v
	}
	if n == 1 {
		switch s.t.Name {
		case "F16":
			return append(v, s.Let(s.fromHalf(I32x4ExtendLow(s.Splat16(s.at.Expr, 0)))))
		default:
			return append(v, s.Let(s.Load32(s.at.Expr, 0)))
		}
	}
	for j := range n / 4 {
		v = append(v, s.Let(s.floats(s.t.Name, s.at, 4*j)))
	}
	return v
}
