package arm64

import . "github.com/querent-ai/chord/gen/a64"

// Recurrent are the updates of a head's state in recurrent layers.
var Recurrent = Kernel{Name: "recurrent", Write: func(f *File) {
	deltaRule(f)
	ssmUpdate(f)
}}

// states walk the rows of a state.
type states struct {
	f                  *File
	state, values, out R
	length             R // elements of a row
	decay, zero        V
	sums               []V
}

// stateRows runs body for each row of the state, whose rows are as many as the
// argument called values has elements, each as long as the one called key. body
// leaves state behind the row.
func stateRows(f *File, values, out, key string, body func(s *states)) {
	s := &states{f: f, state: f.Arg("state_base"), values: f.Arg(values + "_base"), out: f.Arg(out + "_base"), length: f.Arg(key + "_len"),
		decay: f.SplatArg("decay"), zero: f.V(), sums: f.Vs(4)}
	rows, end := f.Arg(values+"_len"), f.Label("none")
	f.Movi(s.zero, 0)
	f.Cbz(rows, end)
	f.Loop("row", rows, func() {
		f.Scope(func() { body(s) })
		f.AddI(s.values, s.values, 4)
		f.AddI(s.out, s.out, 4)
	})
	f.Place(end)
	f.End()
}

// row changes the elements of the row at p, which change gets with those of the
// vectors at xs, sixteen or four of each, and adds what change leaves in the last of
// them to the sums. It moves p behind the row and leaves the vectors alone.
func (s *states) row(p R, xs []R, change func(v []V, x [][]V)) V {
	f := s.f
	for _, r := range s.sums {
		f.Movi(r, 0)
	}
	n := f.R()
	f.MovR(n, s.length)
	at := make([]R, len(xs))
	for i := range at {
		at[i] = f.R()
		f.MovR(at[i], xs[i])
	}
	f.While("sixteen", n, 16, func() {
		f.Scope(func() {
			v, x := f.Vs(4), make([][]V, len(xs))
			f.Ld1(v, p, Stay)
			for i := range x {
				x[i] = f.Vs(4)
				f.Ld1(x[i], at[i], Next)
			}
			change(v, x)
			f.St1(v, p, Next)
			by(f.Fadd, s.sums, s.sums, x[len(x)-1])
		})
	})
	end := f.Label("full")
	f.Cbz(n, end)
	s.tail(p, n, at, change)
	f.Place(end)
	return tree(f, s.sums, f.Fadd)
}

// tail is row for the last elements, fewer than sixteen.
func (s *states) tail(p, n R, at []R, change func(v []V, x [][]V)) {
	f := s.f
	left := f.R()
	f.LslI(left, n, 2)
	rest(f, n, s.sums, func() {
		v, x := f.V(), make([][]V, len(at))
		part{f, p, n}.load(v, s.zero)
		for i := range x {
			x[i] = []V{f.V()}
			part{f, at[i], n}.load(x[i][0], s.zero)
			f.AddI(at[i], at[i], 16)
		}
		change([]V{v}, x)
		part{f, p, n}.store(v)
		f.AddI(p, p, 16)
		last := x[len(x)-1][0]
		f.Fadd(s.sums[0], s.sums[0], last)
	})
	f.SubI(p, p, 64) // four parts
	f.AddR(p, p, left)
	f.FreeR(left)
}

func deltaRule(f *File) {
	f.Func("DeltaRule", "out []float32, state []float32, q []float32, k []float32, v []float32, decay float32, beta float32, scale float32", "",
		"DeltaRule updates the rows of a state, each with its element of v and out:", "",
		"\tfor i := range s { s[i] *= decay }",
		"\td := (v - Dot(s, k)) * beta",
		"\tfor i := range s { s[i] += float32(d * k[i]) }",
		"\tout = Dot(s, q) * scale")
	q, k, beta, scale := f.Arg("q_base"), f.Arg("k_base"), f.ArgF32("beta"), f.ArgF32("scale")
	stateRows(f, "v", "out", "k", func(s *states) {
		p, d := f.R(), f.V()
		f.MovR(p, s.state)
		f.Scope(func() {
			seen := s.row(p, []R{k}, func(v []V, x [][]V) {
				by(f.Fmul, v, v, []V{s.decay})
				by(f.Fmul, x[0], v, x[0])
			})
			f.LdS(d, s.values.At(0))
			f.Fsub(d, d, seen)
			f.Fmul(d, d, beta)
			f.Dup(S4, d, d, 0)
		})
		read := s.row(s.state, []R{k, q}, func(v []V, x [][]V) {
			by(f.Fmul, x[0], x[0], []V{d})
			by(f.Fadd, v, v, x[0])
			by(f.Fmul, x[1], v, x[1])
		})
		f.Fmul(read, read, scale)
		f.StS(read, s.out.At(0))
	})
}

func ssmUpdate(f *File) {
	f.Func("SSMUpdate", "y []float32, state []float32, x []float32, b []float32, c []float32, decay float32, step float32, d float32", "",
		"SSMUpdate updates the rows of a state, each with its element of x and y:", "",
		"\tfor i := range s { s[i] = float32(s[i]*decay) + float32(x*step*b[i]) }",
		"\ty = Dot(s, c) + float32(d*x)")
	b, c, step, direct := f.Arg("b_base"), f.Arg("c_base"), f.ArgF32("step"), f.ArgF32("d")
	stateRows(f, "x", "y", "b", func(s *states) {
		x, through := f.V(), f.V()
		f.LdS(x, s.values.At(0))
		f.Fmul(through, x, direct)
		f.Fmul(x, x, step)
		f.Dup(S4, x, x, 0)
		read := s.row(s.state, []R{b, c}, func(v []V, in [][]V) {
			by(f.Fmul, v, v, []V{s.decay})
			by(f.Fmul, in[0], in[0], []V{x})
			by(f.Fadd, v, v, in[0])
			by(f.Fmul, in[1], v, in[1])
		})
		f.Fadd(read, read, through)
		f.StS(read, s.out.At(0))
	})
}
