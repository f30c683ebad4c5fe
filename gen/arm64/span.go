package arm64

import . "github.com/querent-ai/chord/gen/a64"

// A group is elements that are worked on at once: sixteen in four registers,
// four in one, or one in lane 0 of one.
type group struct {
	f     *File
	elems int
}

// each walks n elements, sixteen at a time, then four, then one; body moves
// the pointers on. n ends below 1.
func each(f *File, n R, body func(g group)) {
	for _, elems := range []int{16, 4, 1} {
		f.While("each", n, elems, func() {
			f.Scope(func() { body(group{f, elems}) })
		})
	}
}

// regs returns fresh registers for the group.
func (g group) regs() []V { return g.f.Vs(max(g.elems/4, 1)) }

// load loads float32 and moves p on; peek leaves it alone.
func (g group) load(p R) []V {
	v := g.peek(p)
	g.f.AddI(p, p, 4*g.elems)
	return v
}

func (g group) peek(p R) []V {
	v := g.regs()
	switch g.elems {
	case 16:
		g.f.Ld1(v, p, Stay)
	case 4:
		g.f.LdQ(v[0], p.At(0))
	case 1:
		g.f.LdS(v[0], p.At(0))
	}
	return v
}

// store stores float32 and moves p on.
func (g group) store(v []V, p R) {
	switch g.elems {
	case 16:
		g.f.St1(v, p, Next)
		return
	case 4:
		g.f.StQ(v[0], p.At(0))
	case 1:
		g.f.StS(v[0], p.At(0))
	}
	g.f.AddI(p, p, 4*g.elems)
}

// by is d = n op m for registers side by side; m may be one for all.
func by(op func(d, n, m V), d, n, m []V) {
	for i := range d {
		op(d[i], n[i], m[min(i, len(m)-1)])
	}
}

// A part is up to four of the n elements at p, the first part of what is left.
type part struct {
	f    *File
	p, n R
}

// do runs one of four branches: for four elements and more, for three or two,
// of which third is run as well for three, and for one.
func (q part) do(four, two, third, one func()) {
	f := q.f
	all, single, end := f.Label("all"), f.Label("single"), f.Label("end")
	f.CmpI(q.n, 4)
	f.Branch("BGE", all)
	f.CmpI(q.n, 2)
	f.Branch("BLT", single)
	two()
	f.CmpI(q.n, 3)
	f.Branch("BNE", end)
	third()
	f.Branch("B", end)
	f.Place(single)
	f.CmpI(q.n, 1)
	f.Branch("BNE", end)
	one()
	f.Branch("B", end)
	f.Place(all)
	four()
	f.Place(end)
}

// load loads the part; other lanes are fill's.
func (q part) load(v, fill V) {
	f, third := q.f, q.f.R()
	f.Mov(v, fill)
	q.do(func() { f.LdQ(v, q.p.At(0)) },
		func() { f.LdLane(D2, v, 0, q.p) },
		func() { f.AddI(third, q.p, 8); f.LdLane(S4, v, 2, third) },
		func() { f.LdLane(S4, v, 0, q.p) })
	f.FreeR(third)
}

// store stores the part.
func (q part) store(v V) {
	f, third := q.f, q.f.R()
	q.do(func() { f.StQ(v, q.p.At(0)) },
		func() { f.StD(v, q.p.At(0)) },
		func() { f.AddI(third, q.p, 8); f.StLane(S4, v, 2, third) },
		func() { f.StS(v, q.p.At(0)) })
	f.FreeR(third)
}

// rest runs body for each of the four parts of n elements, fewer than sixteen,
// if there are any; it counts n down by 4. Registers of sums turn with the
// parts: body always works on sums[0].
func rest(f *File, n R, sums []V, body func()) {
	end := f.Label("whole")
	f.Cbz(n, end)
	f.Scope(func() {
		parts, t := f.R(), f.V()
		f.Const(parts, 4)
		f.Loop("part", parts, func() {
			f.Scope(body)
			f.SubI(n, n, 4)
			f.Mov(t, sums[0])
			for i := range 3 {
				f.Mov(sums[i], sums[i+1])
			}
			f.Mov(sums[3], t)
		})
	})
	f.Place(end)
}

// tree folds sixteen lanes: l and l+8, then l and l+4, l+2, l+1. The result is
// in lane 0 of v[0].
func tree(f *File, v []V, fold func(d, n, m V)) V {
	fold(v[0], v[0], v[2])
	fold(v[1], v[1], v[3])
	fold(v[0], v[0], v[1])
	f.Ext(v[1], v[0], v[0], 8)
	fold(v[0], v[0], v[1])
	f.Dup(S4, v[1], v[0], 1)
	fold(v[0], v[0], v[1])
	return v[0]
}
