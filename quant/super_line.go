package quant

// superLine searches the parameters of a block of 256 whose groups have a scale
// s and a minimum m, small integers: x ≈ D·s·l - DMin·m.
type superLine struct {
	size   int     // elements of a group
	top    float64 // the largest level
	scales float64 // the largest s and m
	near   float64 // assign tries the s at most this far from the nearest one

	x, w    [256]float64
	d, dmin Half
	q       [256]byte // l
	s, m    [16]byte  // of each group
	sums    [16]lineSums
}

// fit sets d, dmin, q, s and m for the 256 elements of src.
func (f *superLine) fit(src, weights []float32) {
	load256(&f.x, &f.w, src, weights, f.size)
	groups := 256 / f.size
	var a, b, wa, wb [16]float64
	for g := range groups {
		x, w := f.group(g)
		a[g], b[g], f.sums[g] = bestLine(x, w, f.top, 0)
		b[g] = -b[g]
		wa[g], wb[g] = f.sums[g].ll, f.sums[g].w
	}
	f.d = halfNear(levels{hi: f.scales}.best(a[:groups], wa[:groups]).scale())
	f.dmin = halfNear(levels{hi: f.scales}.best(b[:groups], wb[:groups]).scale())
	for range 2 {
		for g := range groups {
			f.assign(g, &a, &b)
		}
		f.refit(groups)
	}
	f.set(groups)
}

// group returns the elements and weights of group g.
func (f *superLine) group(g int) (x, w []float64) {
	return f.x[g*f.size : (g+1)*f.size], f.w[g*f.size : (g+1)*f.size]
}

// assign chooses s and m of group g, whose best line has scale a and minimum b.
func (f *superLine) assign(g int, a, b *[16]float64) {
	x, w := f.group(g)
	d, dmin := float64(f.d.F32()), float64(f.dmin.F32())
	s := f.sums[g]
	near := level(a[g]/d, 0, f.scales)
	from := level(b[g]/dmin, 0, f.scales)
	first := true
	var most float64
	for i := max(near-f.near, 0); i <= min(near+f.near, f.scales); i++ {
		scale := float64(d * i)
		s.l, s.ll, s.xl = 0, 0, 0
		if scale > 0 {
			s.trial(x, w, 1/scale, -float64(dmin*from), f.top)
		}
		m := level((float64(scale*s.l)-s.x)/s.w/dmin, 0, f.scales)
		gain := s.gainAt(scale, -float64(dmin*m))
		if first || gain > most {
			first, most = false, gain
			f.s[g], f.m[g], f.sums[g] = byte(i), byte(m), s
		}
	}
	a[g], b[g] = float64(d*float64(f.s[g])), float64(dmin*float64(f.m[g]))
}

// refit sets d and dmin to their best values for the chosen s, m and levels, by
// the normal equations of two unknowns.
func (f *superLine) refit(groups int) {
	var dd, dm, mm, dx, mx float64
	for g := range groups {
		s, m, t := float64(f.s[g]), float64(f.m[g]), &f.sums[g]
		dd += float64(s * s * t.ll)
		dm += float64(s * m * t.l)
		mm += float64(m * m * t.w)
		dx += float64(s * t.xl)
		mx += float64(m * t.x)
	}
	switch det := float64(dd*mm) - float64(dm*dm); {
	case det > 0:
		d, dmin := (float64(dx*mm)-float64(mx*dm))/det, (float64(dx*dm)-float64(mx*dd))/det
		if d > 0 && dmin >= 0 {
			f.d, f.dmin = halfNear(d), halfNear(dmin)
		}
	case dd > 0 && dx > 0:
		f.d = halfNear(dx / dd)
	}
}

// set sets q to the levels for the final scales and minima.
func (f *superLine) set(groups int) {
	d, dmin := float64(f.d.F32()), float64(f.dmin.F32())
	for g := range groups {
		scale, least := float64(d*float64(f.s[g])), float64(dmin*float64(f.m[g]))
		q := f.q[g*f.size : (g+1)*f.size]
		x, _ := f.group(g)
		if scale == 0 {
			clear(q)
			continue
		}
		for i, v := range x {
			q[i] = byte(level((v+least)/scale, 0, f.top))
		}
	}
}

// load256 sets x and w to 256 elements and their weights, see [loadWeights], in
// groups of size elements.
func load256(x, w *[256]float64, src, weights []float32, size int) {
	for i, v := range src[:256] {
		x[i] = float64(v)
	}
	for g := 0; g < 256; g += size {
		loadWeights(w[g:g+size], weightsFrom(weights, g))
	}
}

// loadWeights sets w to the first weights, or to 1 if none of them is above 0.
func loadWeights(w []float64, weights []float32) {
	sum := 0.0
	if weights != nil {
		for i, v := range weights[:len(w)] {
			w[i] = float64(v)
			sum += w[i]
		}
	}
	if !(sum > 0) {
		for i := range w {
			w[i] = 1
		}
	}
}
