package arm64

import . "github.com/querent-ai/chord/gen/a64"

// gemv is the product with one token: sixteen rows at once, so that the
// weights are one stream.
func gemv(f *File, t format, dot bool) {
	a := gemmFunc(f, t, 1)
	m, r := newMultiplier(f, t, dot), newRows4(f, t)
	acc, x := f.Vs(4), f.Vs(m.registers())
	q, s, d, dx, bias := f.Vs(8), f.V(), f.V(), f.V(), f.V()
	tmp := []V{s, d, f.V(), f.V()}
	p, n := f.R(), f.R()
	r.w = a.w
	f.Loop("tile", a.tiles, func() {
		for _, v := range acc {
			f.Movi(v, 0)
		}
		f.MovR(p, a.acts)
		f.MovR(n, a.blocks)
		part := func() {
			m.load(x, p)
			f.LdR([]V{dx}, S4, p, Next)
			f.LdR([]V{bias}, S4, p, Next)
			f.AddI(p, p, 4) // bias128
			if t.Minima() {
				f.Right("sshr", S4, bias, bias, 3) // -Σx
			}
			for g, v := range acc {
				if t.Halves() {
					r.loadScales(g, tmp[:2])
				}
				r.quants(g, q, tmp)
				for h := range 2 {
					if !t.Halves() {
						break
					}
					at := len(x) / 2 * h
					m.half16(s, q[4*h:4*h+4], x[at:at+len(x)/2])
					r.scale16(2*r.part+h, d, tmp[2])
					f.Fmul(d, d, dx)
					f.Scvtf(s, s)
					f.Fmul(s, s, d)
					f.Fadd(v, v, s) // acc += float32(s) * (dw*dx)
				}
				if t.Halves() {
					continue
				}
				init := r.start(s, bias)
				m.add(s, q, x, init)
				r.scale(g, d, tmp[2])
				f.Fmul(d, d, dx)
				f.Scvtf(s, s)
				f.Fmul(s, s, d)
				f.Fadd(v, v, s) // acc += float32(s) * (dw*dx)
				if t.Minima() {
					r.minimum(g, d)
					f.Fmul(d, d, dx)
					f.Scvtf(s, bias)
					f.Fmul(d, d, s)
					f.Fsub(v, v, d) // acc -= float32(-Σx) * (m*dx)
				}
			}
		}
		f.Loop("block", n, func() {
			for r.part = range t.Parts() {
				part()
			}
			f.AddI(a.w, a.w, t.TileBytes())
		})
		f.St1(acc, a.dst, Next)
	})
	f.End()
}

// start sets s to what the quants' offset adds, if there is one; bias is
// -8·Σx, of formats with minima -Σx.
func (r *rows4) start(s, bias V) bool {
	switch {
	case r.t.offset == 8:
		r.f.Mov(s, bias)
	case r.t.offset == -16 && r.t.Minima():
		r.f.Shl(S4, s, bias, 4)
		r.f.One("neg", S4, s, s)
	default:
		return false
	}
	return true
}
