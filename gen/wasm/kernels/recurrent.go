package kernels

import . "github.com/querent-ai/chord/gen/wasm"

// recurrent writes the updates of a head's state in recurrent layers.
func (w *writer) recurrent() {
	w.deltaRule()
	w.ssmUpdate()
}

// states walk the rows of a state.
type states struct {
	*kernel
	length Var // elements of a row
	row    Var // the row
	decay  Expr
	sums   []Var
}

// rows runs body for each row of the state, with the elements of two vectors that
// belong to it.
func (s *states) rows(a, b Var, body func()) {
	bytes := s.Let(Mul(s.Wide(s.length.Expr), s.Addr(4)))
	s.row, s.sums = s.Let(s.arg("state").Expr), s.Locals(V128, 4)
	s.While(s.n, 1, func() {
		s.Scope(body)
		s.Set(s.row, Add(s.row.Expr, bytes.Expr))
		s.Inc(a, 4)
		s.Inc(b, 4)
	})
}

// walk runs body for the elements of the row, sixteen at a time, at p and those of
// the vectors xs. What is left is copied to the instance's own memory, zeros behind
// it, and back to the row. It returns the sum of what body adds to the sums.
func (s *states) walk(xs []Var, body func(p Var, xs []Var)) Expr {
	left, row := s.Let(s.length.Expr), s.Let(s.row.Expr)
	all := []Var{row}
	for _, x := range xs {
		all = append(all, s.Let(x.Expr))
	}
	for _, v := range s.sums {
		s.Set(v, Bits(0))
	}
	s.While(left, 16, func() {
		body(all[0], all[1:])
		for _, p := range all {
			s.Inc(p, 64)
		}
	})
	s.If(left.Expr, func() {
		rest := s.Let(Mul(s.Wide(left.Expr), s.Addr(4)))
		var tails []Var
		for i, p := range all {
			tail := s.Let(s.own(rowTailAt + 64*i))
			for j := range 4 {
				s.Store(tail.Expr, 16*j, Bits(0))
			}
			s.Copy(tail.Expr, p.Expr, rest.Expr)
			tails = append(tails, tail)
		}
		body(tails[0], tails[1:])
		s.Copy(row.Expr, tails[0].Expr, rest.Expr)
	}, nil)
	return s.tree(s.sums)
}

func (w *writer) deltaRule() {
	k := w.kernel("DeltaRule", "out []float32, state []float32, q []float32, k []float32, v []float32, decay float32, beta float32, scale float32", "", "v k",
		"DeltaRule updates the rows of a state, each with its element of v and out:", "",
		"\tfor i := range s { s[i] *= decay }",
		"\td := (v - Dot(s, k)) * beta",
		"\tfor i := range s { s[i] += float32(d * k[i]) }",
		"\tout = Dot(s, q) * scale")
	q, key, v, out := k.arg("q"), k.arg("k"), k.arg("v"), k.arg("out")
	s := &states{kernel: k, length: k.length, decay: k.Let(F32x4Splat(k.arg("decay").Expr)).Expr}
	s.rows(v, out, func() {
		seen := s.walk([]Var{key}, func(p Var, xs []Var) {
			for i, sum := range s.sums {
				x := k.Let(F32x4Mul(k.Load(p.Expr, 16*i), s.decay))
				k.Store(p.Expr, 16*i, x.Expr)
				k.Set(sum, F32x4Add(sum.Expr, F32x4Mul(x.Expr, k.Load(xs[0].Expr, 16*i))))
			}
		})
		d := k.Let(F32x4Splat(F32Mul(F32Sub(k.F32(v.Expr, 0), seen), k.arg("beta").Expr)))
		read := s.walk([]Var{key, q}, func(p Var, xs []Var) {
			for i, sum := range s.sums {
				x := k.Let(F32x4Add(k.Load(p.Expr, 16*i), F32x4Mul(d.Expr, k.Load(xs[0].Expr, 16*i))))
				k.Store(p.Expr, 16*i, x.Expr)
				k.Set(sum, F32x4Add(sum.Expr, F32x4Mul(x.Expr, k.Load(xs[1].Expr, 16*i))))
			}
		})
		k.Store(out.Expr, 0, F32Mul(read, k.arg("scale").Expr))
	})
}

func (w *writer) ssmUpdate() {
	k := w.kernel("SSMUpdate", "y []float32, state []float32, x []float32, b []float32, c []float32, decay float32, step float32, d float32", "", "x b",
		"SSMUpdate updates the rows of a state, each with its element of x and y:", "",
		"\tfor i := range s { s[i] = float32(s[i]*decay) + float32(x*step*b[i]) }",
		"\ty = Dot(s, c) + float32(d*x)")
	b, c, x, y := k.arg("b"), k.arg("c"), k.arg("x"), k.arg("y")
	s := &states{kernel: k, length: k.length, decay: k.Let(F32x4Splat(k.arg("decay").Expr)).Expr}
	s.rows(x, y, func() {
		by := k.Let(F32x4Splat(F32Mul(k.F32(x.Expr, 0), k.arg("step").Expr)))
		read := s.walk([]Var{b, c}, func(p Var, xs []Var) {
			for i, sum := range s.sums {
				v := k.Let(F32x4Add(F32x4Mul(k.Load(p.Expr, 16*i), s.decay), F32x4Mul(by.Expr, k.Load(xs[0].Expr, 16*i))))
				k.Store(p.Expr, 16*i, v.Expr)
				k.Set(sum, F32x4Add(sum.Expr, F32x4Mul(v.Expr, k.Load(xs[1].Expr, 16*i))))
			}
		})
		k.Store(y.Expr, 0, F32Add(read, F32Mul(k.arg("d").Expr, k.F32(x.Expr, 0))))
	})
}
