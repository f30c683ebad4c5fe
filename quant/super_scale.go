package quant

// superScale searches the parameters of a block of 256 whose groups have a scale
// s, a small integer: x ≈ D·s·l.
type superScale struct {
	size   int // elements of a group
	levels levels
	scales levels  // the possible s
	near   float64 // assign tries the s at most this far from the nearest one

	x, w [256]float64
	d    Half
	q    [256]byte // indices of the levels
	s    [16]int8  // of each group
	sums [16]scaleSums
}

// fit sets d, q and s for the 256 elements of src.
func (f *superScale) fit(src, weights []float32) {
	load256(&f.x, &f.w, src, weights, f.size)
	groups := 256 / f.size
	var d, wd [16]float64
	for g := range groups {
		x, w := f.group(g)
		s := f.levels.best(x, w)
		d[g], wd[g] = s.scale(), s.ll
	}
	f.d = halfNear(f.scales.best(d[:groups], wd[:groups]).scale())
	for range 2 {
		for g := range groups {
			f.assign(g, &d)
		}
		f.refit(groups)
	}
	for g := range groups {
		x, _ := f.group(g)
		f.levels.set(f.q[g*f.size:(g+1)*f.size], x, float64(f.d.F32())*float64(f.s[g]))
	}
}

// group returns the elements and weights of group g.
func (f *superScale) group(g int) (x, w []float64) {
	return f.x[g*f.size : (g+1)*f.size], f.w[g*f.size : (g+1)*f.size]
}

// assign chooses s of group g, whose best scale is d[g].
func (f *superScale) assign(g int, d *[16]float64) {
	x, w := f.group(g)
	unit := float64(f.d.F32())
	near := level(d[g]/unit, f.scales.lo, f.scales.hi)
	f.s[g], f.sums[g] = 0, scaleSums{}
	most := 0.0
	for i := max(near-f.near, f.scales.lo); i <= min(near+f.near, f.scales.hi); i++ {
		scale := float64(unit * i)
		if scale == 0 {
			continue
		}
		s := f.levels.trial(x, w, 1/scale)
		if gain := s.gainAt(scale); gain > most {
			most = gain
			f.s[g], f.sums[g] = int8(i), s
		}
	}
	d[g] = float64(unit * float64(f.s[g]))
}

// refit sets d to its best value for the chosen s and levels.
func (f *superScale) refit(groups int) {
	var all scaleSums
	for g := range groups {
		s := float64(f.s[g])
		all.xl += float64(s * f.sums[g].xl)
		all.ll += float64(s * s * f.sums[g].ll)
	}
	if all.ll > 0 {
		f.d = halfNear(all.scale())
	}
}
